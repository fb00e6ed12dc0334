using OllamaProxy.Configuration;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>Sends a claimed prompt to Ollama once, within its time limits.</summary>
public sealed class Attempt(OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>Runs it; what has come is in <paramref name="text"/> and <paramref name="response"/>, also after an exception.</summary>
    /// <exception cref="OllamaException">Ollama failed, or a time limit passed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired.</exception>
    internal async Task RunAsync(ClaimedPrompt prompt, OllamaClient ollama, GeneratedText text, ResponseBuffer? response, CancellationToken cancellationToken)
    {
        var timeout = prompt.Timeout ?? options.Timeout;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token, idle.Token);
        try
        {
            if (prompt.Call is { } call)
                await new CallAttempt(call, text, response!, TokenCame).RunAsync(ollama, options.KeepAlive, any.Token);
            else
                await GenerateAsync(any.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw deadline.IsCancellationRequested
                ? new OllamaException(FailureKind.Permanent, $"It ran for longer than its timeout of {timeout.TotalSeconds:0.###} seconds.")
                : new OllamaException(FailureKind.Transient, $"Ollama stopped sending tokens for {options.IdleTimeout.TotalSeconds:0.###} seconds.");
        }

        async Task GenerateAsync(CancellationToken stop)
        {
            var body = prompt is { LongText: null, LongRequest: null }
                ? GenerateRequest.ContentOf(GenerateRequest.Write(prompt, options.Model, options.KeepAlive))
                : LongGenerateContent.Of(prompt, prompt.LongRequest is { } request ? await request.ReadWholeAsync(stop) : prompt.Request, options.Model, options.KeepAlive);
            await foreach (var chunk in ollama.GenerateAsync(body, stop))
            {
                text.Append(chunk);
                TokenCame();
            }
        }

        // Silence before the first token is loading and prompt evaluation, and healthy.
        void TokenCame() => idle.CancelAfter(options.IdleTimeout);
    }
}
