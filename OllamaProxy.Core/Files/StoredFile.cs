namespace OllamaProxy.Files;

/// <summary>A file of a client, without what is in it.</summary>
public sealed record StoredFile
{
    /// <summary>The id, a UUID of version 7.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its number in the order in which files were made.</summary>
    public required long Seq { get; init; }

    /// <summary>Whose file it is: the name of the API key that it came with; null: it came without one.</summary>
    public string? Owner { get; init; }

    /// <summary>What it is for, such as <c>batch</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>The name that its client gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The length in bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was made, in milliseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is removed, in milliseconds; null: when somebody deletes it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A file that is about to be made.</summary>
/// <param name="Name">The name that its client gave it.</param>
/// <param name="Purpose">What it is for.</param>
public sealed record NewFile(string Name, string Purpose)
{
    /// <summary>Whose file it is; null: nobody's in particular.</summary>
    public string? Owner { get; init; }

    /// <summary>How long after it was made it is removed; null: never.</summary>
    public TimeSpan? ExpiresAfter { get; init; }
}

/// <summary>Which files are listed, in the order in which they were made.</summary>
/// <param name="Limit">How many at most.</param>
public sealed record FileQuery(int Limit)
{
    /// <summary>Only those of this owner; null: those of all.</summary>
    public string? Owner { get; init; }

    /// <summary>Only those for this purpose; null: for any.</summary>
    public string? Purpose { get; init; }

    /// <summary>Only those behind the file with this number; null: from the first on.</summary>
    public long? After { get; init; }

    /// <summary>Whether the oldest come first.</summary>
    public bool IsAscending { get; init; }
}

/// <summary>A part of a list of files.</summary>
/// <param name="Files">The files.</param>
/// <param name="HasMore">Whether there are more behind them.</param>
public sealed record FilePage(IReadOnlyList<StoredFile> Files, bool HasMore);
