using OllamaProxy.Batches;
using OllamaProxy.Callbacks;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Deliveries;

/// <summary>
/// The outbox of events for clients: the transaction that ends a prompt or a batch with a <see cref="Callback"/> adds the event. A process
/// that sends one takes it for a while. If nothing more is heard of it by then, any process may take it. So each is sent at least once, and
/// by one process at a time. What belongs to a prompt or a batch is removed with it. Any method can throw a <see cref="StoreException"/>.
/// Safe for many threads.
/// </summary>
public interface IDeliveryStore
{
    /// <summary>Whether there is a delivery to take. It costs less than to try.</summary>
    /// <param name="busy">The beginnings of addresses that are left alone at the moment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<bool> IsDeliveryDueAsync(IReadOnlyCollection<string> busy, CancellationToken cancellationToken);

    /// <summary>Takes the delivery that has been due for longest, which starts an attempt; null: none is due.</summary>
    /// <param name="busy">The beginnings of addresses that are left alone at the moment.</param>
    /// <param name="length">For how long it is taken.</param>
    /// <param name="cancellationToken">Cancels the write until it is handed to the writer.</param>
    Task<Delivery?> TakeDeliveryAsync(IReadOnlyCollection<string> busy, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Records how an attempt ended; false: it had been taken to have failed, or the delivery is gone.</summary>
    Task<bool> SettleDeliveryAsync(Delivery delivery, DeliveryOutcome outcome, CancellationToken cancellationToken);

    /// <summary>The deliveries of a prompt, oldest first.</summary>
    Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Prompt prompt, CancellationToken cancellationToken);

    /// <summary>The deliveries of a batch, oldest first.</summary>
    Task<IReadOnlyList<Delivery>> ListDeliveriesAsync(Batch batch, CancellationToken cancellationToken);
}
