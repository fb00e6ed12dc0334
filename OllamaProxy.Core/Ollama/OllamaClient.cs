using System.Text;
using OllamaProxy.Configuration;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <summary>Talks to one Ollama server.</summary>
/// <param name="http">Without a time-out of its own: Ollama is silent for minutes while it loads a model.</param>
/// <param name="endpoint">Where the server is.</param>
/// <param name="time">The clock.</param>
/// <param name="credentials">Headers that every request has; null: none.</param>
/// <param name="proxy">The proxy that <paramref name="http"/> uses, to be named in errors; null: none.</param>
public sealed partial class OllamaClient(
    HttpClient http, OllamaEndpoint endpoint, TimeProvider time, HeaderList? credentials = null, BackendProxy? proxy = null)
{
    /// <summary>How much of an error answer is read.</summary>
    private const int MaxErrorBytes = 64 * 1024;

    /// <summary>The longest list of models, or other answer in which Ollama tells of itself.</summary>
    private const int MaxListBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>For so long a client is let wait for what Ollama tells of itself, which takes it some time when it is busy.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Sends a call as it came, and returns the answer as soon as its headers are there. To stop what it began, cancel or dispose of the
    /// answer.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="body">The body to send.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OllamaException">There is no answer.</exception>
    public async Task<HttpResponseMessage> CallAsync(ApiCall call, HttpContent body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Route(call.Endpoint, call.Query)) { Content = body };
        // Rows of older versions hold headers that are not for Ollama.
        AddHeaders(request, HeaderFilter.ForOllama(call.Headers.All));
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Sends any request, as <see cref="CallAsync"/> does.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, with a slash in front.</param>
    /// <param name="headers">The headers.</param>
    /// <param name="content">The body; null: none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OllamaException">There is no answer.</exception>
    public async Task<HttpResponseMessage> PassAsync(HttpMethod method, string path, HeaderList headers, HttpContent? content,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, endpoint.Route(path)) { Content = content };
        AddHeaders(request, headers);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>What an answer other than a success means.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="body">Its body.</param>
    public OllamaException FailureOf(HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxErrorBytes)]);
        var failure = OllamaFailures.OfAnswer((int)response.StatusCode, text, RetryAfter(response));
        // An answer that is not Ollama's may come from the HTTP proxy.
        return proxy is null || !failure.Message.StartsWith(OllamaFailures.NotOllama, StringComparison.Ordinal) ? failure
            : new(failure.Kind, $"{failure.Message} It came through {proxy}.", failure) { RetryAfter = failure.RetryAfter };
    }

    private static void AddHeaders(HttpRequestMessage request, HeaderList headers)
    {
        foreach (var (name, value) in headers.All)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
    }
}
