using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker.Attempts;

/// <summary>Sends a claimed prompt to Ollama once, within its time limits.</summary>
public sealed class AttemptRunner(PreviousResponses previous, OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>
    /// Runs the attempt. <paramref name="text"/> and <paramref name="response"/> hold what has come, also after an exception.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="ollama">The backend that it runs on.</param>
    /// <param name="early">The request, if it was sent already; null: it was not.</param>
    /// <param name="text">Receives what the model says.</param>
    /// <param name="response">Keeps the answer as it came; null: only what the model says is kept.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OllamaException">Ollama failed, or a time limit passed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    internal async Task RunAsync(
        ClaimedPrompt prompt, OllamaClient ollama, EarlyCall? early, GeneratedText text, ResponseBuffer? response,
        CancellationToken cancellationToken)
    {
        var timeout = prompt.Timeout ?? options.Timeout;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token, idle.Token);
        try
        {
            var sent = early is null ? null : await early.TakeAsync(linked.Token);
            using var request = sent ?? await SendAsync(prompt, ollama, linked.Token);
            var answer = request.Answer;
            response?.Begin((int)answer.StatusCode, HeaderFilter.ForClient(answer));
            // No limit before the first token: Ollama is silent while it loads the model and evaluates the prompt.
            var ids = request.Route == ApiRoute.Responses ? new ResponseIdRewriter(prompt.Id) : null;
            await new AnswerReader(request.Route, text, response, ids, () => idle.CancelAfter(options.IdleTimeout))
                .ReadAsync(answer, ollama, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw deadline.IsCancellationRequested
                ? new OllamaException(FailureKind.Permanent, $"It ran for longer than its timeout of {timeout.TotalSeconds:0.###} seconds.")
                : new OllamaException(FailureKind.Transient,
                    $"Ollama stopped sending tokens for {options.IdleTimeout.TotalSeconds:0.###} seconds.");
        }
    }

    /// <summary>Sends the request of a prompt, and returns when the headers of the answer are there.</summary>
    /// <exception cref="OllamaException">There is no answer, or it is a call of a route that this version does not know.</exception>
    internal async Task<BegunCall> SendAsync(ClaimedPrompt prompt, OllamaClient ollama, CancellationToken cancellationToken)
    {
        var request = await AttemptRequest.CreateAsync(prompt, previous, options, cancellationToken);
        return new(request.Route, await ollama.CallAsync(request.Call, request.Body, cancellationToken));
    }
}
