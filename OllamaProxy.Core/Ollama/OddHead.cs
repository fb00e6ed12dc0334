using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <summary>An answer whose head is none of Ollama's, and could not be passed on as it came.</summary>
internal static class OddHead
{
    private const int QuoteLength = 100;

    /// <summary>What to tell of such an answer; null: it is another.</summary>
    /// <remarks>
    /// An answer to a request that neither upgrades nor has a condition has a status of 200 to 599 that lets it have a body
    /// (RFC 9110, sections 15 and 6.4.1), and its fields hold no control characters (section 5.5).
    /// </remarks>
    public static OllamaException? Of(HttpResponseMessage response)
    {
        if ((int)response.StatusCode is var status && !CanHaveBody(status))
            return OllamaFailures.OfOddHead($"It answered {status}, which says nothing to such a request.");
        var hasType = false;
        foreach (var (name, value) in HeaderFilter.Of(response))
        {
            if (!HeaderFilter.IsText(value))
                return OllamaFailures.OfOddHead($"Its header {name} holds a control character.");
            if (!HeaderFilter.IsContentType(name))
                continue;
            if (!HeaderFilter.IsMediaType(value))
                return OllamaFailures.OfOddHead($"Its Content-Type is '{Quote(value)}', which is no media type.");
            if (hasType)
                return OllamaFailures.OfOddHead("It has more than one Content-Type.");
            hasType = true;
        }
        return null;
    }

    private static string Quote(string value) => value.Length <= QuoteLength ? value : value[..QuoteLength] + "...";

    /// <summary>Whether an answer of that status can be given to a client, with a body.</summary>
    public static bool CanHaveBody(int status) => status is >= 200 and <= 599 and not (204 or 205 or 304);
}
