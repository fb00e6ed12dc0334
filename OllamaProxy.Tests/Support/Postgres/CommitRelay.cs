using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Tests.Support.Postgres;

/// <summary>A way to a PostgreSQL server that can break at the worst of moments as well: around a commit.</summary>
internal sealed class CommitRelay(int target) : NetworkRelay(target)
{
    private int _toLose;
    private int _lost;

    /// <summary>How many answers to commits were lost.</summary>
    public int Lost => _lost;

    /// <summary>Waited for when a commit comes by; false: it gets no further, and its connection breaks.</summary>
    public Func<Task<bool>>? OnCommit { get; set; }

    /// <summary>Loses the answers to this many commits, each with its connection.</summary>
    public void LoseAnswers(int commits) => _toLose = commits;

    protected override (Passes Request, Passes Answer) Watch()
    {
        var isLost = false;
        return (PassesRequestAsync, PassesAnswerAsync);

        async ValueTask<bool> PassesRequestAsync(ReadOnlyMemory<byte> bytes)
        {
            if (bytes.Span.IndexOf("COMMIT\0"u8) < 0)
                return true;
            isLost |= Interlocked.Decrement(ref _toLose) >= 0;
            return OnCommit is not { } hook || await hook();
        }

        ValueTask<bool> PassesAnswerAsync(ReadOnlyMemory<byte> bytes)
        {
            if (isLost)
                Interlocked.Increment(ref _lost);
            return new(!isLost);
        }
    }
}
