using OllamaProxy.Callbacks;

namespace OllamaProxy.Batches;

/// <summary>A batch: requests that are lines of a file, and what comes of them as lines of other files.</summary>
public sealed record Batch
{
    /// <summary>The id, which its prompts have in <see cref="Prompts.Prompt.Batch"/>.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its number in the order in which batches were made.</summary>
    public required long Seq { get; init; }

    /// <summary>Whose batch it is, and whose its prompts are; null: nobody's in particular.</summary>
    public string? Owner { get; init; }

    /// <summary>To whom the tokens of its prompts are charged; null: nobody in particular.</summary>
    public string? Account { get; init; }

    /// <summary>How its lines are written.</summary>
    public required BatchApi Api { get; init; }

    /// <summary>The path that its lines are calls of, such as <c>/v1/chat/completions</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Where it is.</summary>
    public required BatchStatus Status { get; init; }

    /// <summary>The status that it is going to end with; null: <see cref="BatchStatus.Completed"/>, unless it fails.</summary>
    public BatchStatus? Outcome { get; init; }

    /// <summary>The file with the requests.</summary>
    public required Guid InputFile { get; init; }

    /// <summary>The file with the answers; null: there are none so far.</summary>
    public Guid? OutputFile { get; init; }

    /// <summary>The file with the errors; null: there are none so far.</summary>
    public Guid? ErrorFile { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it expires unless it has ended.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When its input had been checked; null: it has not, or is no good.</summary>
    public DateTimeOffset? InProgressAt { get; init; }

    /// <summary>When it began to be finalized.</summary>
    public DateTimeOffset? FinalizingAt { get; init; }

    /// <summary>When it was cancelled.</summary>
    public DateTimeOffset? CancellingAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The model of all lines; null: they name several, or have not been read.</summary>
    public string? Model { get; init; }

    /// <summary>The client's own JSON object; null: none.</summary>
    public string? Metadata { get; init; }

    /// <summary>Where its client is told how it ends; null: nowhere.</summary>
    public Callback? Callback { get; init; }

    /// <summary>What is wrong with the input, as a JSON array; null: nothing.</summary>
    public string? Errors { get; init; }

    /// <summary>How many lines are in its files.</summary>
    public BatchCounts Counts { get; init; }

    /// <summary>How many of its lines have become prompts, and where in the input the next begins.</summary>
    public BatchCursor Cursor { get; init; }

    /// <summary>Until when a process has it, as far as is known; others need not look at it.</summary>
    public BatchRunner? Runner { get; init; }
}

/// <summary>How the lines of a batch are written.</summary>
public enum BatchApi
{
    /// <summary>As those of OpenAI's batches.</summary>
    OpenAI,

    /// <summary>As those of Anthropic's message batches.</summary>
    Anthropic,
}

/// <summary>How many lines a batch has, and how many of each kind are in its files, with the tokens that they took.</summary>
/// <param name="Total">All lines; 0 until they have been checked.</param>
/// <param name="Completed">Those with a good answer.</param>
/// <param name="Failed">Those with an error.</param>
/// <param name="Cancelled">Those that were not done because the batch was cancelled.</param>
/// <param name="Expired">Those that were not done in time.</param>
/// <param name="InputTokens">As Ollama counts them.</param>
/// <param name="OutputTokens">As Ollama counts them.</param>
public readonly record struct BatchCounts(
    long Total, long Completed, long Failed, long Cancelled, long Expired, long InputTokens, long OutputTokens);

/// <summary>How much of an input has become prompts.</summary>
/// <param name="Bytes">The offset of what has not.</param>
/// <param name="Lines">The number of the last line that has.</param>
public readonly record struct BatchCursor(long Bytes, long Lines);

/// <summary>Which process moves a batch on.</summary>
/// <param name="Id">The process.</param>
/// <param name="Until">Until when.</param>
public readonly record struct BatchRunner(Guid Id, DateTimeOffset Until);

/// <summary>A batch that is about to be made.</summary>
/// <param name="Id">Its new id.</param>
/// <param name="Api">How its lines are written.</param>
/// <param name="Endpoint">The path that its lines are calls of.</param>
/// <param name="InputFile">The file with the lines.</param>
/// <param name="ExpiresIn">How long it may take.</param>
public sealed record NewBatch(Guid Id, BatchApi Api, string Endpoint, Guid InputFile, TimeSpan ExpiresIn)
{
    /// <summary>Whose it is.</summary>
    public string? Owner { get; init; }

    /// <summary>To whom its tokens are charged.</summary>
    public string? Account { get; init; }

    /// <summary>The client's own JSON object; null: none.</summary>
    public string? Metadata { get; init; }

    /// <summary>Where its client is told how it ends; null: nowhere.</summary>
    public Callback? Callback { get; init; }

    /// <summary>How long its files are kept; null: for ever.</summary>
    public TimeSpan? OutputLifetime { get; init; }

    /// <summary>How many lines it has, if that is known.</summary>
    public long Total { get; init; }

    /// <summary>Whether the input was made for it, and is its own: nobody else sees it.</summary>
    public bool OwnsInput => Api == BatchApi.Anthropic;
}

/// <summary>Which batches are listed, the newest first.</summary>
/// <param name="Api">Those of this API.</param>
/// <param name="Limit">How many at most.</param>
public sealed record BatchQuery(BatchApi Api, int Limit)
{
    /// <summary>Only those of this owner; null: those of all.</summary>
    public string? Owner { get; init; }

    /// <summary>Only those behind the batch with this number, which are older; null: from the newest on.</summary>
    public long? After { get; init; }

    /// <summary>Only those before the batch with this number, the nearest of them, still the newest first; null: any.</summary>
    public long? Before { get; init; }
}

/// <summary>A part of a list of batches.</summary>
/// <param name="Batches">The batches, the newest first.</param>
/// <param name="HasMore">Whether there are more in the direction that was asked for.</param>
public sealed record BatchPage(IReadOnlyList<Batch> Batches, bool HasMore);
