using System.CommandLine;
using OllamaProxy.Access;
using OllamaProxy.Configuration;

namespace OllamaProxy.Server.Commands;

/// <summary>The command <c>keys</c>, with <c>keys new NAME</c>, which makes an API key.</summary>
internal static class KeysCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The owner of what is submitted with the key." };
        var create = new Command("new", "Make a key, and the entry for the settings, which holds only its hash.") { name };
        create.SetAction((call, _) => RunAsync(create, call.GetRequiredValue(name)));
        return new("keys", "Make API keys: keys new NAME.") { create };
    }

    /// <summary>Writes what scripts need to the standard output, and what people need besides to the standard error.</summary>
    private static async Task<int> RunAsync(Command command, string name)
    {
        if (!ApiKeysSetting.IsName(name))
            return await ServerCommands.RefuseAsync(
                command, ["NAME must have up to 64 letters, digits and the characters . _ @ - and nothing else."]);
        var key = NewApiKey.Create(name);
        await Console.Out.WriteLineAsync($"key:   {key.Key}\nentry: {key.Entry}");
        await Console.Error.WriteLineAsync(
            """

            Give the key to its user: it is stored nowhere, and cannot be shown again. Put the entry on a line of the file that
            OLLAMA_PROXY_API_KEYS_FILE names, which is read again at once; or into OLLAMA_PROXY_API_KEYS, with commas between entries, and
            start the server again. Options go behind the entry, such as :admin or :rpm=60. See docs/configuration.md.
            """);
        return 0;
    }
}
