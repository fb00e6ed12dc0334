using OllamaProxy.Configuration;

namespace OllamaProxy.Ollama;

/// <summary>An answer that leads elsewhere. It is not followed, since the credentials are for nobody else, nor passed on.</summary>
internal static class Redirect
{
    /// <summary>What to tell of such an answer; null: it is another.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="endpoint">Where the backend should be.</param>
    /// <param name="asked">The whole address that was asked.</param>
    public static OllamaException? Of(HttpResponseMessage response, OllamaEndpoint endpoint, Uri asked)
    {
        if ((int)response.StatusCode is not (>= 300 and < 400 and not 304))
            return null;
        var to = response.Headers.Location is { } location
            ? Target(new(asked, location), endpoint, asked) : "an address that it does not name";
        return new(FailureKind.InvalidResponse, $"OLLAMA_URL is redirected to {to}: {endpoint} answered {(int)response.StatusCode}. "
            + "Set OLLAMA_URL to where Ollama itself is; redirects are not followed.");
    }

    /// <summary>
    /// The new base address, where the redirect keeps Ollama's routes; else where it leads. No query and no user: they may be secret.
    /// </summary>
    private static string Target(Uri location, OllamaEndpoint endpoint, Uri asked)
    {
        var route = asked.AbsolutePath[(endpoint.BaseAddress.AbsolutePath.Length - 1)..];
        var target = new UriBuilder(location) { UserName = "", Password = "", Query = "", Fragment = "" };
        if (location.AbsolutePath.EndsWith(route, StringComparison.Ordinal))
            target.Path = location.AbsolutePath[..^route.Length] + "/";
        return target.Uri.ToString();
    }
}
