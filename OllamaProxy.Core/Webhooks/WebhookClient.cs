using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Callbacks;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;

namespace OllamaProxy.Webhooks;

/// <summary>
/// Sends events to clients as Standard Webhooks (https://www.standardwebhooks.com). It follows no redirect, goes through no proxy, and
/// keeps nothing of an answer but its status.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    /// <summary>The longest attempt, with the connection.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>The longest head of an answer.</summary>
    private const int MaxResponseHeadKiB = 16;

    /// <summary>A connection is used again if the body of its last answer is no longer than so many bytes.</summary>
    private const int MaxResponseDrain = 4096;

    private static readonly ProductInfoHeaderValue Agent =
        new("OllamaProxy", typeof(WebhookClient).Assembly.GetName().Version?.ToString(3));

    private readonly HttpClient _http;
    private readonly OllamaProxyOptions _options;
    private readonly TimeProvider _time;

    /// <param name="guard">Connects to the clients.</param>
    /// <param name="options">The settings.</param>
    /// <param name="time">The clock.</param>
    public WebhookClient(AddressGuard guard, OllamaProxyOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = new(new SocketsHttpHandler
        {
            ConnectCallback = (connection, cancellationToken) => guard.ConnectAsync(connection.DnsEndPoint, cancellationToken),
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MaxResponseHeadKiB,
            MaxResponseDrainSize = MaxResponseDrain,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Makes one attempt.</summary>
    /// <exception cref="OperationCanceledException">It was broken off.</exception>
    internal async Task<WebhookAnswer> SendAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Timeout, _time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var request = RequestOf(delivery);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return new((int)response.StatusCode, RetryAfterOf(response), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return WebhookAnswer.None($"The receiver did not answer within {Timeout.TotalSeconds:0} s.");
        }
        catch (HttpRequestException exception)
        {
            var reason = exception.InnerException as AddressRefusedException ?? (Exception)exception;
            return WebhookAnswer.None(LogText.Escape(reason.Message));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>The signatures of a message, one for each secret: https://github.com/standard-webhooks/standard-webhooks.</summary>
    internal static string Sign(IEnumerable<ReadOnlyMemory<byte>> secrets, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        byte[] message = [.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body];
        return string.Join(' ', secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret.Span, message))}"));
    }

    private HttpRequestMessage RequestOf(Delivery delivery)
    {
        var body = WebhookEvent.BodyOf(delivery);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new(HttpMethod.Post, delivery.Url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new(MediaTypeNames.Application.Json) } },
            Headers =
            {
                { "webhook-id", delivery.Event },
                { "webhook-timestamp", timestamp },
                { "webhook-signature", Sign(_options.Webhooks.Secrets, delivery.Event, timestamp, body) },
                { "User-Agent", Agent.ToString() },
            },
        };
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - _time.GetUtcNow() : null;
}

/// <summary>What became of an attempt.</summary>
/// <param name="Status">The status of the answer; null: there was none.</param>
/// <param name="RetryAfter">How long the receiver wants to be left alone; null: it does not say.</param>
/// <param name="Failure">Why there was no answer.</param>
internal sealed record WebhookAnswer(int? Status, TimeSpan? RetryAfter, string? Failure)
{
    private const int NoMore = 410;

    /// <summary>No answer.</summary>
    public static WebhookAnswer None(string failure) => new(null, null, failure);

    /// <summary>Whether the receiver has it.</summary>
    public bool IsGood => Status is >= 200 and < 300;

    /// <summary>Whether the receiver wants no more.</summary>
    public bool IsGone => Status == NoMore;

    /// <summary>What is wrong, for people.</summary>
    public string Error => Failure ?? (Status is >= 300 and < 400
        ? $"The receiver answered {Status}, and redirects are not followed." : $"The receiver answered {Status}.");
}
