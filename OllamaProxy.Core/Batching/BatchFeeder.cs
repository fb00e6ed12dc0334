using OllamaProxy.Access;
using OllamaProxy.Batches;
using OllamaProxy.Configuration;
using OllamaProxy.Files;
using OllamaProxy.Notifications;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;
using OllamaProxy.Worker;

namespace OllamaProxy.Batching;

/// <summary>
/// Makes prompts of the lines of a batch: few at a time, so that no other write waits for long, and no more than are needed to keep the
/// backends busy, so that a batch does not fill the queue.
/// </summary>
public sealed class BatchFeeder(
    IBatchStore batches, IFileStore files, ApiKeys keys, QueuePauses pauses, QueueSignal signal, OllamaProxyOptions options)
{
    /// <summary>How many prompts of a batch may be in the queue.</summary>
    public const int MaxOpen = 1000;

    private const int MaxLines = 100;
    private const int MaxBytes = 256 * 1024;

    private static readonly ReadOnlyMemory<byte> NoFields = "{}"u8.ToArray();
    private static readonly HeaderList Headers = new([KeyValuePair.Create(HeaderFilter.ContentType, "application/json")]);

    /// <summary>How many lines go into the queue at once, of batches whose owner has reached a limit.</summary>
    private readonly Dictionary<Guid, int> _steps = [];

    /// <summary>Queues the next lines, as far as there is room.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="input">Its input.</param>
    /// <param name="room">How many more prompts of it may be in the queue.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether any were queued.</returns>
    internal async Task<bool> FeedAsync(Batch batch, StoredFile input, long room, CancellationToken cancellationToken)
    {
        var hasFed = false;
        while (room > 0 && batch.Cursor.Bytes < input.Bytes && !pauses.Current.IsDraining)
        {
            var step = _steps.GetValueOrDefault(batch.Id, MaxLines);
            var (lines, next) = await ReadAsync(batch, input, Math.Min(step, room), cancellationToken);
            try
            {
                if (!await FeedAsync(batch, lines, next, cancellationToken))
                    break;
                if (2 * step >= MaxLines)
                    _steps.Remove(batch.Id);
                else
                    _steps[batch.Id] = 2 * step;
                (hasFed, room, batch) = (true, room - lines.Count, batch with { Cursor = next });
            }
            catch (Exception exception) when (exception is QueueFullException or OverLimitException)
            {
                // They wait for room. What there is may be enough for fewer.
                if (lines.Count == 1)
                    break;
                _steps[batch.Id] = lines.Count / 2;
            }
        }
        return hasFed;
    }

    private async Task<bool> FeedAsync(Batch batch, List<BatchLine> lines, BatchCursor next, CancellationToken cancellationToken)
    {
        // Behind the last line there may be blank ones.
        if (lines.Count == 0)
            return await batches.CollectAsync(batch, new([], default) { Next = next }, cancellationToken);
        // Half of the queue is left to others.
        var maxQueued = options.MaxQueued == 0 ? 0 : Math.Max(1, options.MaxQueued / 2);
        if (!await batches.FeedBatchAsync(batch, lines, next, maxQueued, cancellationToken))
            return false;
        signal.Raise();
        return true;
    }

    private async Task<(List<BatchLine> Lines, BatchCursor Next)> ReadAsync(
        Batch batch, StoredFile input, long maxLines, CancellationToken cancellationToken)
    {
        var limits = batch.Owner is { } owner ? keys.Current.LimitsOf(owner) : OwnerLimits.None;
        // What exceeds a limit by itself would never fit in.
        maxLines = Math.Max(1, Math.Min(maxLines, limits.MostAtOnce ?? maxLines));
        var (format, route) = (BatchFormat.Of(batch.Api), ApiRoute.Find(batch.Endpoint)!);
        var content = await files.OpenFileAsync(input, batch.Cursor.Bytes, cancellationToken);
        var (lines, bytes) = (new List<BatchLine>(), 0);
        await foreach (var line in new InputLines(options.MaxBodyBytes).ReadAsync(content, batch.Cursor, cancellationToken))
        {
            var request = format.Read(line.Bytes, batch.Endpoint);
            // A long body is the last one that is read, and its memory is not used again.
            var body = request.Body.Length > MaxBytes ? request.Body : request.Body.ToArray();
            var call = CallRequest.Read(route, body);
            lines.Add(new(line.Number, request.CustomId, new(call.Text, call.Model, NoFields)
            {
                Call = new(batch.Endpoint, "", Headers, body),
                Priority = limits.Cap(options.BatchPriority),
                Owner = batch.Owner,
                Account = batch.Account,
                Limits = limits,
            }));
            bytes += body.Length;
            if (lines.Count == maxLines || bytes >= MaxBytes)
                return (lines, new(line.End, line.Number));
        }
        return (lines, new(input.Bytes, lines.Count > 0 ? lines[^1].Number : batch.Cursor.Lines));
    }
}
