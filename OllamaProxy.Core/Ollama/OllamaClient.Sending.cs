using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OllamaProxy.Ollama;

/// <content>How requests are sent, whatever they ask, and what it is called when they get no answer.</content>
public sealed partial class OllamaClient
{
    private async Task<T> ReadAsync<T>(Uri address, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(address, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw OllamaFailures.OfInvalidBody("It was null.");
        }
        catch (JsonException exception)
        {
            throw OllamaFailures.OfNoJson(exception);
        }
    }

    private async Task<byte[]> ReadAsync(Uri address, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ProbeTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await SendAsync(request, linked.Token);
            if (!response.IsSuccessStatusCode)
                throw Unreachable($"it answered {(int)response.StatusCode} ({response.ReasonPhrase}){Hint(response.StatusCode)}");
            return await ReadListAsync(response.Content, linked.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(exception.Message, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswerWithin(ProbeTimeout, exception);
        }
    }

    /// <summary>What Ollama tells of itself, which is never long: another server must not fill the memory.</summary>
    private static async Task<byte[]> ReadListAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaxListBytes, cancellationToken);
            return await content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw OllamaFailures.OfInvalidBody($"It is longer than {MaxListBytes / (1024 * 1024)} MiB.", exception);
        }
    }

    private static string Hint(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        ? "; OLLAMA_URL can have a user and a password or a header for it, and OLLAMA_PROXY_BACKEND_TOKEN a token" : "";

    private OllamaException NoAnswerWithin(TimeSpan timeout, Exception exception) =>
        new(FailureKind.Unreachable, $"Ollama at {endpoint} did not answer within {timeout.TotalSeconds:0} seconds{Through}.", exception);

    private OllamaException Unreachable(string why, Exception? exception = null) =>
        new(FailureKind.Unreachable, $"Ollama at {endpoint} cannot be reached{Through}: {why}", exception);

    private string Through => proxy is null ? "" : $" through {proxy}";

    /// <summary>
    /// Sends any request, with the credentials, and refuses an answer that leads elsewhere or has a head that cannot be passed on.
    /// </summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var (name, _) in credentials?.All ?? [])
            request.Headers.Remove(name); // A client's own.
        foreach (var (name, value) in credentials?.All ?? [])
            request.Headers.TryAddWithoutValidation(name, value);
        var response = await SendAsItIsAsync(request, cancellationToken);
        if ((Redirect.Of(response, endpoint, request.RequestUri!) ?? OddHead.Of(response)) is not { } refused)
            return response;
        response.Dispose();
        throw refused;
    }

    private async Task<HttpResponseMessage> SendAsItIsAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            throw OllamaFailures.OfOddHead(exception.Message, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException)
        {
            throw IsConnect(exception)
                ? Unreachable(exception.Message, exception)
                : new OllamaException(FailureKind.Transient,
                    $"The connection to Ollama broke before it answered{Through}: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The only time-out that the HttpClient has is that of the connect.
            throw Unreachable("the connection timed out.", exception);
        }
    }

    /// <summary>
    /// Whether nothing was sent. HttpClient lets a SocketException through, as it is, where a new connection is reset before it has been
    /// looked at.
    /// </summary>
    private static bool IsConnect(Exception exception) => exception is SocketException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError,
    };
}
