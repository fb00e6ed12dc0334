namespace OllamaProxy.Batches;

/// <summary>Where a batch is in its life.</summary>
public enum BatchStatus
{
    /// <summary>Its input is being checked. Nothing has been queued.</summary>
    Validating,

    /// <summary>The input is no good. Nothing was queued.</summary>
    Failed,

    /// <summary>Its lines become prompts, and these become lines of its files.</summary>
    InProgress,

    /// <summary>No more lines become prompts; what is left goes into the files.</summary>
    Finalizing,

    /// <summary>What came of every line is in the files.</summary>
    Completed,

    /// <summary>The time was over before all lines were done.</summary>
    Expired,

    /// <summary>It was cancelled: prompts that run are being stopped.</summary>
    Cancelling,

    /// <summary>It was cancelled, and what was done by then is in the files.</summary>
    Cancelled,
}

/// <summary>The written names of <see cref="BatchStatus"/>, which are OpenAI's.</summary>
public static class BatchStatusNames
{
    private static readonly string[] Names =
        ["validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"];

    /// <summary>The written name.</summary>
    public static string Name(this BatchStatus status) => Names[(int)status];

    /// <summary>The status with a written name.</summary>
    public static BatchStatus Parse(string name) => Array.IndexOf(Names, name) is >= 0 and var index ? (BatchStatus)index
        : throw new FormatException($"'{name}' is no status of a batch.");

    /// <summary>Whether the batch stays as it is.</summary>
    public static bool HasEnded(this BatchStatus status) =>
        status is BatchStatus.Failed or BatchStatus.Completed or BatchStatus.Expired or BatchStatus.Cancelled;
}
