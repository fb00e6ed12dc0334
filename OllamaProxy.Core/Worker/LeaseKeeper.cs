using Microsoft.Extensions.Logging;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Renews a lease every third of its length for as long as an attempt runs, silent or not.</summary>
public sealed class LeaseKeeper(IPromptStore store, OllamaProxyOptions options, TimeProvider time, ILogger<LeaseKeeper> logger)
{
    /// <summary>
    /// Returns true when <paramref name="attemptEnded"/> fires, or false as soon as the lease is lost: to somebody
    /// else, or because the store took no renewal for the lease's length.
    /// </summary>
    public async Task<bool> KeepAsync(ClaimedPrompt prompt, CancellationToken attemptEnded)
    {
        using var timer = new PeriodicTimer(options.LeaseLength / 3, time);
        var renewedAt = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(attemptEnded))
            {
                try
                {
                    if (!await store.RenewAsync(prompt.Lease, options.LeaseLength, attemptEnded))
                        return false;
                    renewedAt = time.GetTimestamp();
                }
                catch (StoreException exception)
                {
                    logger.RenewalFailed(exception, prompt.Id);
                    if (time.GetElapsedTime(renewedAt) >= options.LeaseLength)
                        return false;
                }
            }
        }
        catch (OperationCanceledException) when (attemptEnded.IsCancellationRequested)
        {
            // That is how an attempt tells that it has ended.
        }
        return true;
    }
}
