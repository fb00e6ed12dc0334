using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Statistics;

namespace OllamaProxy.Storage;

/// <summary>
/// Reads prompts, their contents and their results. Any method can throw a <see cref="StoreException"/>. Safe for many threads.
/// </summary>
public interface IPromptReader
{
    /// <summary>Notifies subscribers after every commit.</summary>
    ChangeNotifier Notifier { get; }

    /// <summary>Reads a prompt; null: there is none with this id.</summary>
    Task<Prompt?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Reads what the client submitted; null: there is no prompt with this id.</summary>
    Task<PromptContent?> FindContentAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the generated text: the result of a completed prompt, or the partial result of another. Null: there is none, or no prompt with
    /// this id.
    /// </summary>
    Task<StoredResult?> FindResultAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Reads Ollama's answer to a call, as it came; null: there is none, or no prompt with this id.</summary>
    Task<StoredResponse?> FindResponseAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what the running attempt of this prompt has generated beyond an offset, as far as <see cref="IWorkQueue.AppendAsync"/> has
    /// stored it. A long text is returned in parts: the next call continues. Empty: there is nothing beyond the offset.
    /// </summary>
    Task<TextChunk> ReadGeneratedAsync(Prompt prompt, TextOffset after, CancellationToken cancellationToken);

    /// <summary>
    /// Reads what the running attempt of this prompt has received of the answer to its call beyond an offset in bytes, as far as
    /// <see cref="IWorkQueue.AppendResponseAsync"/> has stored it. A long answer is returned in parts: the next call continues. Null: there
    /// is nothing beyond the offset.
    /// </summary>
    Task<ResponseChunk?> ReadResponseAsync(Prompt prompt, int after, CancellationToken cancellationToken);

    /// <summary>Lists the attempts at a prompt, oldest first; none: it had none, or there is no prompt with this id.</summary>
    Task<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Counts the queued prompts that are ahead of this one.</summary>
    Task<long> CountAheadAsync(Prompt prompt, CancellationToken cancellationToken);

    /// <summary>Counts prompts by status. A status that no prompt has may be missing.</summary>
    /// <param name="batch">Counts this batch only; null: all prompts.</param>
    /// <param name="owner">Counts the prompts of this owner only; null: those of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyDictionary<PromptStatus, long>> CountAsync(Guid? batch, string? owner, CancellationToken cancellationToken);

    /// <summary>Reads a page of prompts, newest first.</summary>
    Task<PromptPage> ListAsync(PromptQuery query, CancellationToken cancellationToken);

    /// <summary>Reads the prompts with these numbers, oldest first. Those that were deleted are left out.</summary>
    Task<IReadOnlyList<PromptSummary>> SummariseAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken);

    /// <summary>Reads what happened in the queue since a time, in any process.</summary>
    /// <param name="since">The time.</param>
    /// <param name="owner">Reads only what happened to the prompts of this owner; null: to all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<QueueHistory> ReadHistoryAsync(DateTimeOffset since, string? owner, CancellationToken cancellationToken);

    /// <summary>Sums up what was used, in the order of the keys. Prompts that were deleted since are in it.</summary>
    Task<IReadOnlyList<UsageSum>> ReadUsageAsync(UsageQuery query, CancellationToken cancellationToken);

    /// <summary>Lists what operators have paused.</summary>
    Task<IReadOnlyList<QueuePause>> ListPausesAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads what was served to each account since a time, in any process: the prompts that ended last, at most
    /// <see cref="ServedPrompt.MaxPrompts"/>.
    /// </summary>
    Task<IReadOnlyList<ServedPrompt>> ReadServedAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>The mean duration of recent successful attempts in any process; null: there are none.</summary>
    Task<TimeSpan?> MeanRunAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the store look for writes of other processes as soon as possible, and notify <see cref="Notifier"/>. A write of this process
    /// does so as well.
    /// </summary>
    void CatchUpSoon();
}
