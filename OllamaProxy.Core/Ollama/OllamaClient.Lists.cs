using System.Net;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <content>What Ollama tells of itself: whether it answers, its version, its models and those that are loaded.</content>
public sealed partial class OllamaClient
{
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
        (await ReadAsync(endpoint.Version, OllamaJson.Default.OllamaVersion, cancellationToken)).Version
            ?? throw OllamaFailures.OfInvalidBody("It has no version.");

    /// <summary>The models that are installed.</summary>
    /// <exception cref="OllamaException">As for <see cref="ReadVersionAsync"/>.</exception>
    public async Task<IReadOnlyList<OllamaModel>> ListInstalledAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(endpoint.Installed, OllamaJson.Default.OllamaModels, cancellationToken)).Known ?? [];

    /// <summary>The models that are loaded.</summary>
    /// <exception cref="OllamaException">As for <see cref="ReadVersionAsync"/>.</exception>
    public async Task<IReadOnlyList<OllamaModel>> ListLoadedAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(endpoint.Loaded, OllamaJson.Default.OllamaModels, cancellationToken)).Known ?? [];

    /// <summary>
    /// What one of Ollama's routes answers to GET, as it is and with whatever status: where that is 200, it is a JSON object.
    /// </summary>
    /// <param name="path">The path, with a slash in front.</param>
    /// <param name="isUnverified">Whether it may not answer at all; else it is only busy if it takes its time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OllamaException">There is no answer, or it is not Ollama's.</exception>
    public async Task<ApiResponse> GetAsync(string path, bool isUnverified, CancellationToken cancellationToken)
    {
        var timeout = isUnverified ? ProbeTimeout : AnswerTimeout;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var answer = await PassAsync(HttpMethod.Get, path, HeaderList.Empty, null, linked.Token);
            var body = await ReadListAsync(answer.Content, linked.Token);
            if (answer.StatusCode == HttpStatusCode.OK && !JsonReading.IsObject(body))
                throw OllamaFailures.OfNoJson();
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

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };
}
