using OllamaProxy.Batches;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;
using OllamaProxy.Storage.Postgres.Tables;

namespace OllamaProxy.Storage.Postgres;

// IDeliveryStore.
public sealed partial class PostgresPromptStore
{
    /// <inheritdoc/>
    public Task<bool> IsDeliveryDueAsync(IReadOnlyCollection<string> busy, CancellationToken cancellationToken) =>
        _readers.FirstAsync(DeliveryRow.AnyDue(busy, _time.GetUtcNow()), row => row.GetBoolean(0), cancellationToken);

    /// <inheritdoc/>
    public Task<Delivery?> TakeDeliveryAsync(
        IReadOnlyCollection<string> busy, TimeSpan length, CancellationToken cancellationToken) =>
        WriteAsync(now => DeliveryRow.Take(busy, now, length), DeliveryRow.Read, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> SettleDeliveryAsync(Delivery delivery, DeliveryOutcome outcome, CancellationToken cancellationToken) =>
        WriteAsync(now => DeliveryRow.Settle(delivery, outcome, now), _ => true, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Prompt prompt, CancellationToken cancellationToken) =>
        await _readers.ListAsync(DeliveryRow.ListOfPrompt(prompt.Seq), DeliveryRow.Read, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Batch batch, CancellationToken cancellationToken) =>
        await _readers.ListAsync(DeliveryRow.ListOfBatch(batch.Seq), DeliveryRow.Read, cancellationToken);
}
