namespace OllamaProxy.Protocol;

/// <summary>Canonical form of Ollama's model names, of which several can mean the same model.</summary>
public static class ModelName
{
    private const string DefaultRegistry = "registry.ollama.ai/";
    private const string DefaultNamespace = "library/";
    private const string DefaultTag = ":latest";

    /// <summary>
    /// The same text for every name of a model: in lower case, without the default registry and namespace, and with a tag. Ollama ignores
    /// case as well.
    /// </summary>
    public static string Canonical(string name)
    {
        // Called for every prompt in each scheduling decision. Nearly all names are canonical already: then nothing is allocated.
        name = name.Trim().ToLowerInvariant();
        if (name.StartsWith(DefaultRegistry, StringComparison.Ordinal))
            name = name[DefaultRegistry.Length..];
        if (name.StartsWith(DefaultNamespace, StringComparison.Ordinal))
            name = name[DefaultNamespace.Length..];
        return name.Length == 0 || name.IndexOf(':', name.LastIndexOf('/') + 1) >= 0 ? name : name + DefaultTag;
    }
}
