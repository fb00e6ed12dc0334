namespace OllamaProxy.Configuration;

/// <summary>The address of an Ollama server.</summary>
/// <param name="BaseAddress">Where its API begins; ends in a slash.</param>
public sealed record OllamaEndpoint(Uri BaseAddress)
{
    /// <summary>Where <c>ollama serve</c> listens unless told otherwise.</summary>
    public static readonly OllamaEndpoint Default = new(new Uri("http://localhost:11434/"));

    /// <summary>Answers whenever Ollama is up.</summary>
    public Uri Version => new(BaseAddress, "api/version");

    /// <summary>Lists the models that are installed.</summary>
    public Uri Installed => new(BaseAddress, "api/tags");

    /// <summary>Lists the models that are loaded.</summary>
    public Uri Loaded => new(BaseAddress, "api/ps");

    /// <summary>Where a route of Ollama's is.</summary>
    /// <param name="path">Begins with a slash.</param>
    /// <param name="query">Empty, or begins with a question mark.</param>
    public Uri Route(string path, string query = "") => new(BaseAddress, path[1..] + query);

    /// <summary>Reads an address as people write it, see <see cref="OllamaAddress"/>; of a user in it nothing is kept.</summary>
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
