using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
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
    private const int MaxErrorChars = 64 * 1024;

    /// <summary>The longest list of models, or other answer in which Ollama tells of itself.</summary>
    private const int MaxListBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>For so long a client is let wait for what Ollama tells of itself, which takes it some time when it is busy.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Runs a generation and yields its lines as they come; the last one is <see cref="GenerateChunk.Done"/>, or
    /// <see cref="GenerateChunk.RepeatLimit"/> where Ollama ends the answer without such a line. To stop the generation,
    /// cancel: that closes the connection.
    /// </summary>
    /// <param name="body">The request; see <see cref="GenerateRequest"/> and <see cref="LongGenerateContent"/>.</param>
    /// <param name="cancellationToken">Stops the generation.</param>
    /// <exception cref="OllamaException">It failed, before the first line or after some.</exception>
    public async IAsyncEnumerable<GenerateChunk> GenerateAsync(HttpContent body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Generate) { Content = body };
        using var response = await SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw FailureOf(response, await ReadErrorAsync(response, cancellationToken));

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var line = LineReader.ReadAsync(stream, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var (any, hasAnswer) = (false, false);
        while (await MoveNextAsync(line))
        {
            var chunk = Parse(line.Current, any);
            any = true;
            hasAnswer |= chunk.Response is not null || chunk.Thinking is not null || chunk.Done;
            if (chunk.Error is { } error)
                throw OllamaFailures.OfErrorLine(error);
            yield return chunk;
            if (chunk.Done)
                yield break;
        }
        if (!any)
            throw OllamaFailures.OfInvalidBody("It was empty.");
        if (!hasAnswer)
            throw OllamaFailures.OfInvalidBody("It has none of the fields of an answer.");
        yield return GenerateChunk.RepeatLimit;
    }

    /// <summary>Sends a call as it came, and returns the answer as soon as its headers are there. To stop what it began, cancel or dispose of the answer.</summary>
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
    public async Task<HttpResponseMessage> PassAsync(HttpMethod method, string path, HeaderList headers, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, endpoint.Route(path)) { Content = content };
        AddHeaders(request, headers);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>What an answer other than 200 means.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="body">Its body.</param>
    public OllamaException FailureOf(HttpResponseMessage response, ReadOnlySpan<byte> body) =>
        FailureOf(response, Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxErrorChars)]));

    private OllamaException FailureOf(HttpResponseMessage response, string body)
    {
        var failure = OllamaFailures.OfAnswer((int)response.StatusCode, body, RetryAfter(response));
        // What is not Ollama's may be the proxy's own.
        return proxy is null || !failure.Message.StartsWith(OllamaFailures.NotOllama, StringComparison.Ordinal) ? failure
            : new(failure.Kind, $"{failure.Message} It came through {proxy}.", failure) { RetryAfter = failure.RetryAfter };
    }

    private static void AddHeaders(HttpRequestMessage request, HeaderList headers)
    {
        foreach (var (name, value) in headers.All)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>
    /// Asks for the version and for the installed models at once. Either answer shows that Ollama is there: one of them can take long
    /// while the other comes.
    /// </summary>
    /// <returns>Why Ollama is not there; null: it is. And the installed models; null: they are not known.</returns>
    public async Task<(OllamaException? Failure, IReadOnlyList<OllamaModel>? Installed)> ProbeAsync(CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var version = ReadVersionAsync(enough.Token);
        try
        {
            // One that has no list at all is not Ollama's.
            if ((await ReadAsync(endpoint.Installed, OllamaJson.Default.OllamaModels, cancellationToken)).Known is { } installed)
            {
                await enough.CancelAsync();
                await ((Task)version).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return (null, installed);
            }
        }
        catch (OllamaException)
        {
            // The version decides.
        }
        catch (OperationCanceledException)
        {
            await ((Task)version).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
        try
        {
            await version;
            return (null, null);
        }
        catch (OllamaException exception)
        {
            return (exception, null);
        }
    }

    /// <summary>Whether Ollama tells its version within a few seconds.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadVersionAsync(cancellationToken);
            return true;
        }
        catch (OllamaException)
        {
            return false;
        }
    }

    /// <summary>Ollama's version.</summary>
    /// <exception cref="OllamaException">It does not answer within a few seconds, or it is not Ollama.</exception>
    public async Task<string> ReadVersionAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(endpoint.Version, OllamaJson.Default.OllamaVersion, cancellationToken)).Version ?? throw OllamaFailures.OfInvalidBody("It has no version.");

    /// <summary>The models that are installed.</summary>
    /// <exception cref="OllamaException">As for <see cref="ReadVersionAsync"/>.</exception>
    public async Task<IReadOnlyList<OllamaModel>> ListInstalledAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(endpoint.Installed, OllamaJson.Default.OllamaModels, cancellationToken)).Known ?? [];

    /// <summary>The models that are loaded.</summary>
    /// <exception cref="OllamaException">As for <see cref="ReadVersionAsync"/>.</exception>
    public async Task<IReadOnlyList<OllamaModel>> ListLoadedAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(endpoint.Loaded, OllamaJson.Default.OllamaModels, cancellationToken)).Known ?? [];

    /// <summary>What one of Ollama's routes answers to GET, as it is and with whatever status: where that is 200, it is a JSON object.</summary>
    /// <param name="path">The path, with a slash in front.</param>
    /// <param name="isDoubtful">Whether it may not answer at all; else it is only busy if it takes its time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OllamaException">There is no answer, or it is not Ollama's.</exception>
    public async Task<ApiResponse> GetAsync(string path, bool isDoubtful, CancellationToken cancellationToken)
    {
        var timeout = isDoubtful ? ProbeTimeout : AnswerTimeout;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var answer = await PassAsync(HttpMethod.Get, path, HeaderList.Empty, null, linked.Token);
            var body = await ReadListAsync(answer.Content, linked.Token);
            if (answer.StatusCode == HttpStatusCode.OK && !JsonReading.IsObject(body))
                throw OllamaFailures.OfInvalidBody("It is no JSON.");
            return new((int)answer.StatusCode, HeaderFilter.ForClient(answer), body);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw NoAnswerWithin(timeout, exception);
        }
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<ReadOnlySequence<byte>> line)
    {
        try
        {
            return await line.MoveNextAsync();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
    }

    /// <param name="line">A line of the answer.</param>
    /// <param name="any">Whether there were any before it, so that the answer is Ollama's.</param>
    private static GenerateChunk Parse(ReadOnlySequence<byte> line, bool any)
    {
        try
        {
            return JsonSerializer.Deserialize(line.IsSingleSegment ? line.FirstSpan : line.ToArray(), OllamaJson.Default.GenerateChunk)
                ?? throw OllamaFailures.OfInvalidBody("A line of it was null.");
        }
        catch (JsonException exception)
        {
            throw any
                ? new OllamaException(FailureKind.Transient, "Ollama's answer broke off within a line, or a line of it is no JSON.", exception)
                : OllamaFailures.OfInvalidBody("It is no JSON.", exception);
        }
    }

    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var buffer = new char[MaxErrorChars];
            return new(buffer, 0, await reader.ReadBlockAsync(buffer, cancellationToken));
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };
}
