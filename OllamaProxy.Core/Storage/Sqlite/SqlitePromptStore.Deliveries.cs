using OllamaProxy.Batches;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Tables.Deliveries;

namespace OllamaProxy.Storage.Sqlite;

// IDeliveryStore.
public sealed partial class SqlitePromptStore
{
    /// <inheritdoc/>
    public Task<bool> IsDeliveryDueAsync(IReadOnlyCollection<string> busy, CancellationToken cancellationToken) =>
        ReadAsync(session => DeliveryTable.AnyDue(session, busy, _time.GetUtcNow()), cancellationToken);

    /// <inheritdoc/>
    public Task<Delivery?> TakeDeliveryAsync(
        IReadOnlyCollection<string> busy, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => DeliveryTable.Take(session, busy, now, length), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> SettleDeliveryAsync(Delivery delivery, DeliveryOutcome outcome, CancellationToken cancellationToken) =>
        WriteAsync((session, now) => DeliveryTable.Settle(session, delivery, outcome, now), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Prompt prompt, CancellationToken cancellationToken) =>
        ReadAsync(session => DeliveryTable.ListOfPrompt(session, prompt.Seq), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Batch batch, CancellationToken cancellationToken) =>
        ReadAsync(session => DeliveryTable.ListOfBatch(session, batch.Seq), cancellationToken);
}
