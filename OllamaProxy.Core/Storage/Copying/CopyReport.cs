namespace OllamaProxy.Storage.Copying;

/// <summary>What came of a copy.</summary>
/// <param name="Counts">How many prompts have each status, in the source and in the copy.</param>
/// <param name="Hash">The SHA-256 of all that was copied, as it was read again from the source.</param>
/// <param name="FirstDifference">The numbers among which the first difference is; null: the copy is as its source.</param>
public sealed record CopyReport(
    IReadOnlyList<CopiedCount> Counts, string Hash, (long First, long Last)? FirstDifference)
{
    /// <summary>Whether the copy is what its source is, and can be used.</summary>
    public bool IsExact => FirstDifference is null && Counts.All(count => count.Source == count.Copy);
}

/// <summary>How many prompts have a status.</summary>
/// <param name="Status">The status.</param>
/// <param name="Source">In the source.</param>
/// <param name="Copy">In the copy.</param>
public sealed record CopiedCount(string Status, long Source, long Copy);

/// <summary>How far a copy is.</summary>
/// <param name="Step">What it is at.</param>
/// <param name="Prompts">How many prompts are done.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Resumed">How many of them an earlier run had copied.</param>
public readonly record struct CopyProgress(CopyStep Step, long Prompts, long Total, long Resumed);

/// <summary>A step of a copy.</summary>
public enum CopyStep
{
    /// <summary>Prompts are copied.</summary>
    Copy,

    /// <summary>Both sides are read and compared.</summary>
    Check,
}
