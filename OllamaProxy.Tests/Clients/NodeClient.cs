using System.Text;
using System.Text.Json.Nodes;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>Runs a client from npm, and records what its user sees.</summary>
internal static class NodeClient
{
    private static readonly string Script = Repository.File("OllamaProxy.Tests/Clients/record.mjs");

    /// <summary>Where the clients are.</summary>
    private static readonly string Modules = Repository.File("OllamaProxy.Tests/node_modules");

    /// <summary>The clients: all of them, or none where they have not been installed.</summary>
    public static IReadOnlyList<string> Installed { get; } = Directory.Exists(Path.Combine(Modules, "ollama"))
        ? ["ollama", "openai", "langchain", "anthropic"] : [];

    public static async Task<Recording> RecordAsync(string client, Uri address)
    {
        using var node = new ClientProcess("node", [Script, client, address.ToString()], Encoding.UTF8);
        return new([.. JsonNode.Parse(await node.ReadToEndAsync())!.AsArray().Select(step => step!.AsObject())]);
    }
}
