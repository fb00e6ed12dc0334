namespace OllamaProxy.Benchmarks.Peers;

/// <summary>A program that passes requests on to Ollama, and is compared with this one.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Command">
/// The command line that starts it, for a shell. <c>{port}</c> is where it has to listen, <c>{ollama}</c> the host and port of Ollama, and
/// <c>{folder}</c> an empty folder of its own.
/// </param>
internal sealed record Peer(string Name, string Command)
{
    /// <summary>Files that it needs in its folder, with the same placeholders, by their names.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads <c>NAME=COMMAND</c>.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static Peer Parse(string text) =>
        text.Split('=', 2) is [{ Length: > 0 } name, { } command] && command.Contains("{port}", StringComparison.Ordinal)
            ? new(name.Trim(), command.Trim())
            : throw new ArgumentException($"'{text}' is not NAME=COMMAND with {{port}} in the command.");
}
