using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OllamaProxy.Callbacks;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Notifications;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Deliveries;

namespace OllamaProxy.Webhooks;

/// <summary>
/// Sends what is in the outbox, beside a drain of the queue. Attempts go on when the drain ends. They are broken off by the
/// <see cref="Shutdown"/>; as a hosted service it has the host wait until they have been handed back.
/// </summary>
public sealed class WebhookSender(
    IDeliveryStore store, WebhookClient client, Shutdown shutdown, OllamaProxyOptions options, TimeProvider time,
    ILogger<WebhookSender> logger) : IHostedService, IDisposable
{
    private const int MaxAtOnce = 64;

    /// <summary>How many attempts are made at one receiver at once, so that a slow one does not hold up the others.</summary>
    private const int MaxAtReceiver = 8;

    /// <summary>How long nobody else makes the attempt: some seconds more than it may take.</summary>
    private static readonly TimeSpan Lease = WebhookClient.Timeout + TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly AsyncAutoResetEvent _attemptEnded = new();

    /// <summary>The attempts that run, by the beginning of the address. Only who holds the gate touches them.</summary>
    private readonly List<(string Receiver, Task Attempt)> _running = [];

    /// <summary>
    /// Sends what is due, and what becomes due until it is enough. Returns at once where that is being done in this process, where this
    /// process only serves, and where there is no secret to sign with.
    /// </summary>
    /// <param name="enough">Ends it. Attempts that run go on, and so does the next call of this.</param>
    public async Task RunAsync(CancellationToken enough)
    {
        if (!options.Worker || !options.Webhooks.AreEnabled || shutdown.Begun.IsCancellationRequested
            || !await _gate.WaitAsync(TimeSpan.Zero, CancellationToken.None))
            return;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(enough, shutdown.Begun);
            while (true)
            {
                await BeginDueAsync();
                either.Token.ThrowIfCancellationRequested();
                await _attemptEnded.WaitAsync(Jitter.Shorten(Look), time, either.Token);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested || shutdown.Begun.IsCancellationRequested)
        {
            // The end. Whoever runs next goes on.
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns when no attempt runs any more.</summary>
    /// <param name="cancellationToken">Waits no longer. Attempts that were not handed back are made again once their time is over.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        shutdown.Begin();
        try
        {
            await _gate.WaitAsync(cancellationToken);
            await Task.WhenAll(_running.Select(each => each.Attempt)).WaitAsync(cancellationToken);
            _gate.Release();
        }
        catch (OperationCanceledException)
        {
            // The host has no more time.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>Begins attempts until none is due, or enough run.</summary>
    private async Task BeginDueAsync()
    {
        try
        {
            if (!await store.IsDeliveryDueAsync(Busy(), shutdown.Begun))
                return;
            while (_running.Count < MaxAtOnce
                && await store.TakeDeliveryAsync(Busy(), Lease, shutdown.Begun) is { } delivery)
                _running.Add((ReceiverOf(delivery), AttemptAsync(delivery)));
        }
        catch (StoreException exception)
        {
            logger.WebhooksDelayed(exception.Message);
        }
    }

    /// <summary>The receivers at which enough attempts are being made.</summary>
    private List<string> Busy()
    {
        _running.RemoveAll(each => each.Attempt.IsCompleted);
        return [.. _running.GroupBy(each => each.Receiver).Where(same => same.Count() >= MaxAtReceiver).Select(same => same.Key)];
    }

    /// <summary>Makes an attempt, and records how it ended. If that cannot be recorded, it is made again once its time is over.</summary>
    private async Task AttemptAsync(Delivery delivery)
    {
        try
        {
            var outcome = await SendAsync(delivery);
            await store.SettleDeliveryAsync(delivery, outcome, CancellationToken.None);
            Report(delivery, outcome);
        }
        catch (StoreException exception)
        {
            logger.WebhooksDelayed(exception.Message);
        }
        finally
        {
            _attemptEnded.Set();
        }
    }

    private async Task<DeliveryOutcome> SendAsync(Delivery delivery)
    {
        try
        {
            return OutcomeOf(delivery, await client.SendAsync(delivery, shutdown.Begun));
        }
        catch (OperationCanceledException) when (shutdown.Begun.IsCancellationRequested)
        {
            return new DeliveryOutcome.Release();
        }
        catch (Exception exception)
        {
            logger.WebhookBroke(new(exception), delivery.Event);
            return OutcomeOf(delivery, WebhookAnswer.None("It could not be sent; the log of the server says more."));
        }
    }

    private DeliveryOutcome OutcomeOf(Delivery delivery, WebhookAnswer answer)
    {
        if (answer.IsGood)
            return new DeliveryOutcome.Delivered();
        return !answer.IsGone && WebhookBackOff.After(delivery, answer.RetryAfter, time.GetUtcNow()) is { } delay
            ? new DeliveryOutcome.Retry(delay, answer.Error) : new DeliveryOutcome.GiveUp(answer.Error);
    }

    private void Report(Delivery delivery, DeliveryOutcome outcome)
    {
        // Without the rest of the address, which may be secret.
        var receiver = ReceiverOf(delivery);
        switch (outcome)
        {
            case DeliveryOutcome.Delivered:
                logger.WebhookDelivered(delivery.Event, delivery.Type, delivery.Subject, receiver, delivery.Attempts);
                break;
            case DeliveryOutcome.Retry retry:
                logger.WebhookRetried(delivery.Event, delivery.Attempts, receiver, retry.Delay.TotalSeconds, retry.Error);
                break;
            case DeliveryOutcome.GiveUp gaveUp:
                logger.WebhookFailed(delivery.Event, delivery.Type, delivery.Subject, receiver, delivery.Attempts, gaveUp.Error);
                break;
            default:
                break;
        }
    }

    /// <summary>The scheme, the host and the port of an address, as it begins.</summary>
    private static string ReceiverOf(Delivery delivery) =>
        Uri.TryCreate(delivery.Url, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) + "/" : "";
}
