namespace OllamaProxy.Protocol;

/// <summary>Ollama's names of models, several of which can mean the same one.</summary>
public static class ModelName
{
    private const string DefaultRegistry = "registry.ollama.ai/";
    private const string DefaultNamespace = "library/";
    private const string DefaultTag = ":latest";

    /// <summary>The same text for all names of a model: without what is the default, but with its tag, in lower case, since Ollama looks at no case either.</summary>
    public static string Canonical(string name)
    {
        // Nearly all are canonical already, and every choice of a prompt asks.
        name = name.Trim().ToLowerInvariant();
        if (name.StartsWith(DefaultRegistry, StringComparison.Ordinal))
            name = name[DefaultRegistry.Length..];
        if (name.StartsWith(DefaultNamespace, StringComparison.Ordinal))
            name = name[DefaultNamespace.Length..];
        return name.Length == 0 || name.IndexOf(':', name.LastIndexOf('/') + 1) >= 0 ? name : name + DefaultTag;
    }
}
