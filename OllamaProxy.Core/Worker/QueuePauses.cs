using Microsoft.Extensions.Hosting;
using OllamaProxy.Configuration;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>
/// Knows what an operator has paused. A change by this process counts at once here, and one of another process within
/// <c>OLLAMA_POLL_INTERVAL</c>, but at most a second.
/// </summary>
public sealed class QueuePauses(
    IPromptReader reader, IPromptCommands commands, QueueSignal signal, OllamaProxyOptions options, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    private volatile PauseState _current = PauseState.None;

    /// <summary>What is paused, as far as this process knows.</summary>
    public PauseState Current => _current;

    /// <summary>Pauses something, unless it is.</summary>
    /// <exception cref="StoreException">It is not paused.</exception>
    public async Task PauseAsync(PauseScope scope, string name, CancellationToken cancellationToken)
    {
        await commands.PauseAsync(scope, name, cancellationToken);
        await RefreshAsync(cancellationToken);
    }

    /// <summary>Resumes something that is paused; or everything, if <paramref name="scope"/> is null.</summary>
    /// <exception cref="StoreException">Some of it is not resumed.</exception>
    public async Task ResumeAsync(PauseScope? scope, string name, CancellationToken cancellationToken)
    {
        foreach (var pause in await reader.ListPausesAsync(cancellationToken))
            if (scope is null || (pause.Scope == scope && pause.Name == name))
                await commands.ResumeAsync(pause.Scope, pause.Name, cancellationToken);
        await RefreshAsync(cancellationToken);
    }

    /// <summary>Looks at the store. If that cannot be read, what was known before stands.</summary>
    public async Task TryRefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (StoreException)
        {
            // Nothing can be claimed or submitted then either.
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var interval = options.PollInterval < LongestInterval ? options.PollInterval : LongestInterval;
        try
        {
            while (true)
            {
                await TryRefreshAsync(stoppingToken);
                await Task.Delay(Jitter.Shorten(interval), time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var pauses = await reader.ListPausesAsync(cancellationToken);
        if (pauses.SequenceEqual(_current.All))
            return;
        _current = new(pauses);
        signal.Raise();
    }
}
