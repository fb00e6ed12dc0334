using OllamaProxy.Batches;
using OllamaProxy.Files;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Batches;

/// <summary>
/// Batches. What moves one on is a compare-and-set, so that any number of processes can try, and may be killed at any moment: each line
/// becomes one prompt, and what came of it one line of a file. Any method can throw a <see cref="StoreException"/>. Safe for many threads.
/// </summary>
public interface IBatchStore
{
    /// <summary>Adds a batch; null: its input has been deleted.</summary>
    Task<Batch?> AddBatchAsync(NewBatch batch, CancellationToken cancellationToken);

    /// <summary>Reads a batch; null: there is none with this id.</summary>
    Task<Batch?> FindBatchAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Reads a file that a batch has, also where nobody else sees it; null: there is none with this id.</summary>
    Task<StoredFile?> FindBatchFileAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Lists batches, the newest first.</summary>
    Task<BatchPage> ListBatchesAsync(BatchQuery query, CancellationToken cancellationToken);

    /// <summary>Reads all batches that have not ended, the oldest first.</summary>
    Task<IReadOnlyList<Batch>> ListOpenBatchesAsync(CancellationToken cancellationToken);

    /// <summary>Takes a batch for a process, so that others need not look at it; false: another has it, or it has ended.</summary>
    Task<bool> TakeBatchAsync(Guid id, Guid runner, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Moves a batch to another status; false: it is not in the one that it is to be moved from, or is to end while lines of it are left.
    /// Once it has ended, its files can be seen.
    /// </summary>
    Task<bool> AdvanceBatchAsync(Guid id, BatchAdvance advance, CancellationToken cancellationToken);

    /// <summary>
    /// Queues the next lines of a batch that is in progress as prompts, all or none; false: another process has been quicker, or it is not
    /// in progress any more.
    /// </summary>
    /// <param name="batch">The batch, as it was read.</param>
    /// <param name="lines">The lines, of one owner and one priority; at least one.</param>
    /// <param name="next">Where in the input it goes on behind them.</param>
    /// <param name="maxQueued">How many prompts may be queued, including these; 0: no limit.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    /// <exception cref="QueueFullException">The queue has no room for them.</exception>
    /// <exception cref="OverLimitException">A limit of the owner would be exceeded.</exception>
    Task<bool> FeedBatchAsync(
        Batch batch, IReadOnlyList<BatchLine> lines, BatchCursor next, long maxQueued, CancellationToken cancellationToken);

    /// <summary>Reads lines whose prompts have ended, in their order, and how many there are whose prompts have not.</summary>
    Task<BatchProgress> ReadProgressAsync(Batch batch, int limit, CancellationToken cancellationToken);

    /// <summary>Reads the ids of some prompts of lines that have not ended.</summary>
    Task<IReadOnlyList<Guid>> ListOpenPromptsAsync(Batch batch, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Puts what came of lines into the files of a batch and counts it, all or nothing; false: another process has been quicker.
    /// </summary>
    Task<bool> CollectAsync(Batch batch, BatchCollection collection, CancellationToken cancellationToken);

    /// <summary>Deletes a batch that has ended, with its files; false: there is no such batch.</summary>
    Task<bool> DeleteBatchAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>How a batch is moved to another status.</summary>
/// <param name="From">The one that it has.</param>
/// <param name="To">The one that it gets.</param>
public sealed record BatchAdvance(BatchStatus From, BatchStatus To)
{
    /// <summary>The status that it is going to end with; null: as it was.</summary>
    public BatchStatus? Outcome { get; init; }

    /// <summary>How many lines it has; null: as it was.</summary>
    public long? Total { get; init; }

    /// <summary>The model of all lines; null: as it was.</summary>
    public string? Model { get; init; }

    /// <summary>What is wrong with its input, as a JSON array; null: nothing.</summary>
    public string? Errors { get; init; }
}

/// <summary>A line that becomes a prompt.</summary>
/// <param name="Number">Its number in the input, from 1.</param>
/// <param name="CustomId">By what its client knows it.</param>
/// <param name="Prompt">The prompt, which is a call.</param>
public sealed record BatchLine(long Number, string CustomId, NewPrompt Prompt);

/// <summary>How far the prompts of a batch are.</summary>
/// <param name="Ended">Some of those that have ended and are in no file.</param>
/// <param name="Open">How many have not ended.</param>
public sealed record BatchProgress(IReadOnlyList<EndedLine> Ended, long Open);

/// <summary>A line whose prompt has ended.</summary>
/// <param name="Number">Its number.</param>
/// <param name="CustomId">By what its client knows it.</param>
/// <param name="Prompt">The prompt's id; null: it has been deleted.</param>
/// <param name="Status">How the prompt ended.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="InputTokens">As Ollama counted them.</param>
/// <param name="OutputTokens">As Ollama counted them.</param>
public sealed record EndedLine(
    long Number, string CustomId, Guid? Prompt, PromptStatus Status, string? Error, long InputTokens, long OutputTokens);

/// <summary>Lines that go into the files of a batch.</summary>
/// <param name="Lines">The numbers of those that were prompts.</param>
/// <param name="Added">How many lines of each kind there are, of those and of others; its total is not looked at.</param>
public sealed record BatchCollection(IReadOnlyList<long> Lines, BatchCounts Added)
{
    /// <summary>Where the input goes on behind lines that never became prompts; null: there are none among them.</summary>
    public BatchCursor? Next { get; init; }

    /// <summary>The staged text for the file with the answers; null: there are none.</summary>
    public long? Output { get; init; }

    /// <summary>The staged text for the file with the errors; null: there are none.</summary>
    public long? Errors { get; init; }
}
