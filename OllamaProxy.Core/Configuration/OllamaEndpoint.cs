namespace OllamaProxy.Configuration;

/// <summary>The address of an Ollama server, and of its routes.</summary>
/// <param name="BaseAddress">The base address of its API, with a slash at its end.</param>
public sealed record OllamaEndpoint(Uri BaseAddress)
{
    /// <summary>The address that <c>ollama serve</c> listens on by default.</summary>
    public static readonly OllamaEndpoint Default = new(new Uri("http://localhost:11434/"));

    /// <summary>The route that answers whenever Ollama runs.</summary>
    public Uri Version => new(BaseAddress, "api/version");

    /// <summary>The route that lists the installed models.</summary>
    public Uri Installed => new(BaseAddress, "api/tags");

    /// <summary>The route that lists the loaded models.</summary>
    public Uri Loaded => new(BaseAddress, "api/ps");

    /// <summary>The address of any other route.</summary>
    /// <param name="path">The path, with a slash at its beginning.</param>
    /// <param name="query">The query with its question mark; or empty.</param>
    public Uri Route(string path, string query = "") => new(BaseAddress, path[1..] + query);

    /// <summary>Parses an address in any form of <see cref="OllamaAddress"/>. A user in it is dropped.</summary>
    public static bool TryParse(string text, out OllamaEndpoint endpoint)
    {
        try
        {
            endpoint = OllamaAddress.Parse(text).Endpoint;
            return true;
        }
        catch (FormatException)
        {
            endpoint = Default;
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => BaseAddress.ToString();
}
