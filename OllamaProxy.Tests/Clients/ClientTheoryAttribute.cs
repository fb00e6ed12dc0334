namespace OllamaProxy.Tests.Clients;

/// <summary>A test that runs clients from npm, and is skipped where they are not there.</summary>
public sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute() => Skip = NodeClient.Installed.Count > 0
        ? null : "The clients are not here: run `npm ci` in OllamaProxy.Tests, which takes Node.";
}
