using System.Collections.Concurrent;

namespace OllamaProxy.Benchmarks.Soak;

/// <summary>What clients were told, and what the server wrote into its log. Safe for many threads.</summary>
internal sealed class SoakLedger
{
    private long _accepted;
    private long _cancelled;

    /// <summary>How many prompts were accepted. Calls are not counted: they have their answer.</summary>
    public long AcceptedPrompts => Interlocked.Read(ref _accepted);

    /// <summary>How many of them were cancelled, or had ended before that.</summary>
    public long CancelledPrompts => Interlocked.Read(ref _cancelled);

    /// <summary>Answers that were wrong.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>The lines of errors and, apart, of warnings.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    public ConcurrentQueue<string> Warnings { get; } = [];

    public void Accepted(int prompts) => Interlocked.Add(ref _accepted, prompts);

    public void Cancelled() => Interlocked.Increment(ref _cancelled);

    public void Complain(string what) => Complaints.Enqueue(what);

    public void OnLine(string line)
    {
        if (line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal))
            Errors.Enqueue(line);
        else if (line.Contains(" warn: ", StringComparison.Ordinal))
            Warnings.Enqueue(line);
    }
}
