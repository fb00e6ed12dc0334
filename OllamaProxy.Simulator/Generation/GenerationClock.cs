namespace OllamaProxy.Simulator.Generation;

/// <summary>Times a generation, and delays its tokens.</summary>
internal sealed class GenerationClock(TimeProvider time, long received)
{
    private long _started;
    private long _firstToken;

    public TimeSpan Total => time.GetElapsedTime(received);

    public TimeSpan Load => time.GetElapsedTime(received, _started);

    public TimeSpan PromptEvaluation => time.GetElapsedTime(_started, _firstToken);

    public TimeSpan Evaluation => time.GetElapsedTime(_firstToken);

    public async Task WaitForFirstTokenAsync(TimeSpan latency, CancellationToken ct)
    {
        _started = time.GetTimestamp();
        if (latency > TimeSpan.Zero) await Task.Delay(latency, time, ct);
        _firstToken = time.GetTimestamp();
    }

    /// <summary>
    /// Waits until the token with this number, from 0, is due. All tokens are timed from the first one, so that delays do not add up.
    /// </summary>
    public Task WaitForTokenAsync(int number, double tokensPerSecond, CancellationToken ct)
    {
        if (tokensPerSecond <= 0) return Task.CompletedTask;
        var due = TimeSpan.FromSeconds(number / tokensPerSecond) - Evaluation;
        return due > TimeSpan.Zero ? Task.Delay(due, time, ct) : Task.CompletedTask;
    }
}
