using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Runs prompts in a slot, one after the other; there are <c>OLLAMA_CONCURRENCY</c> of them. Ollama need not wait for
/// the store in between: the next prompt is claimed while what became of the last is being written, and where prompts are
/// as quick as that, while the last still runs.
/// </summary>
public sealed class SlotRunner(
    IPromptStore store, PromptRunner runner, Backend backend, OllamaProxyOptions options, TimeProvider time, ILogger<SlotRunner> logger)
{
    /// <summary>Up to this a prompt is quick, and the next one is claimed ahead; for so long that one then waits at the most.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan StoreRetryWait = TimeSpan.FromSeconds(1);

    private readonly ClaimTerms _terms = new(options.Concurrency, options.LeaseLength, options.MaxAttempts, options.Ollama.ToString());
    private readonly TimeSpan _patience = options.LeaseLength / 3 < Quick ? options.LeaseLength / 3 : Quick;

    /// <summary>Claims the next prompt, if Ollama is there, and any is due, and has a slot.</summary>
    /// <param name="after">The lease of a prompt that runs, in whose slot the next one is to follow; null: a free slot is needed.</param>
    /// <param name="stop">Gives up, unless the claim is under way.</param>
    /// <exception cref="StoreException">The store cannot tell at the moment.</exception>
    public async Task<ClaimedPrompt?> ClaimAsync(Lease? after, CancellationToken stop) =>
        await backend.IsReachableAsync(stop) ? await store.ClaimAsync(_terms with { After = after }, stop) : null;

    /// <summary>Runs a prompt, and after it what is due, until nothing is. Throws nothing.</summary>
    /// <param name="first">The prompt.</param>
    /// <param name="stop">Hands back what runs, and ends it early.</param>
    public async Task RunAsync(ClaimedPrompt first, CancellationToken stop)
    {
        var (quick, settling) = (false, Task.CompletedTask);
        for (var prompt = first; prompt is not null;)
        {
            var started = time.GetTimestamp();
            var running = runner.RunAsync(prompt, stop);
            var ahead = quick ? await ClaimAheadAsync(prompt, running, stop) : null;
            settling = Task.WhenAll(settling, await running);
            quick = time.GetElapsedTime(started) < Quick;
            prompt = ahead ?? await TryClaimAsync(null, stop);
        }
        await settling;
    }

    /// <summary>Claims the prompt that is to follow. If it had to wait for too long, it is handed back, as if it had not been claimed.</summary>
    private async Task<ClaimedPrompt?> ClaimAheadAsync(ClaimedPrompt prompt, Task running, CancellationToken stop)
    {
        if (await TryClaimAsync(prompt.Lease, stop) is not { } ahead)
            return null;
        using var patience = new CancellationTokenSource();
        var inTime = await Task.WhenAny(running, Task.Delay(_patience, time, patience.Token)) == running;
        patience.Cancel();
        if (inTime && await backend.IsReachableAsync(CancellationToken.None))
            return ahead;
        while (!await TryReleaseAsync(ahead))
        {
            // It is still ours: if the store takes nothing back until then, it is run after all.
            if (await Task.WhenAny(running, Task.Delay(StoreRetryWait, time, CancellationToken.None)) == running)
                return ahead;
        }
        return null;
    }

    private async Task<ClaimedPrompt?> TryClaimAsync(Lease? after, CancellationToken stop)
    {
        try
        {
            return await ClaimAsync(after, stop);
        }
        catch (StoreException exception)
        {
            logger.ClaimFailed(exception.Message);
            return null;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<bool> TryReleaseAsync(ClaimedPrompt prompt)
    {
        try
        {
            await store.ReleaseAsync(prompt.Lease, null, CancellationToken.None);
            return true;
        }
        catch (StoreException exception)
        {
            logger.SettlingDelayed(prompt.Id, exception.Message);
            return false;
        }
    }
}
