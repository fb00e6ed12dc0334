using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Clients;

/// <summary>A test that runs clients from npm, and is skipped where they are not there.</summary>
public sealed class ClientTheoryAttribute : TheoryAttribute
{
    /// <summary>Where the clients are.</summary>
    private static readonly string Modules = Repository.File("OllamaProxy.Tests/node_modules");

    public ClientTheoryAttribute() => Skip = Directory.Exists(Path.Combine(Modules, "ollama"))
        ? null : "The clients are not here: run `npm ci` in OllamaProxy.Tests, which takes Node.";
}
