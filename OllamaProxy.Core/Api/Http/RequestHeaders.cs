using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Http;

/// <summary>The headers of a request.</summary>
internal static class RequestHeaders
{
    /// <summary>All of them; one with several values comes several times.</summary>
    public static IEnumerable<KeyValuePair<string, string>> AllHeaders(this HttpRequest request) =>
        request.Headers.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value ?? ""));
}
