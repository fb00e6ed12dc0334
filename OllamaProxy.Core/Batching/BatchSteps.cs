using OllamaProxy.Batches;
using OllamaProxy.Configuration;
using OllamaProxy.Files;
using OllamaProxy.Queue;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Batching;

/// <summary>Moves a batch on, a step at a time, each of which can be the last one of this process.</summary>
public sealed class BatchSteps(
    IBatchStore batches, IFileStore files, BatchValidator validator, BatchFeeder feeder, BatchCollector collector, PromptQueue queue,
    OllamaProxyOptions options, TimeProvider time)
{
    private const int CancelledAtOnce = 100;
    private const int SkippedAtOnce = 1000;
    private const int MaxSkippedBytes = 1024 * 1024;

    /// <summary>Moves a batch on, and returns whether there may be more to do at once.</summary>
    /// <param name="batch">The batch, as it was just read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<bool> StepAsync(Batch batch, CancellationToken cancellationToken) => batch.Status switch
    {
        BatchStatus.Validating or BatchStatus.InProgress when time.GetUtcNow() >= batch.ExpiresAt => batches.AdvanceBatchAsync(
            batch.Id, new(batch.Status, BatchStatus.Finalizing) { Outcome = BatchStatus.Expired }, cancellationToken),
        BatchStatus.Validating => ValidateAsync(batch, cancellationToken),
        BatchStatus.InProgress => WorkAsync(batch, cancellationToken),
        _ => EndAsync(batch, cancellationToken),
    };

    private async Task<bool> ValidateAsync(Batch batch, CancellationToken cancellationToken) => await batches.AdvanceBatchAsync(
        batch.Id, await validator.ValidateAsync(batch, cancellationToken), cancellationToken);

    private async Task<bool> WorkAsync(Batch batch, CancellationToken cancellationToken)
    {
        var progress = await batches.ReadProgressAsync(batch, BatchCollector.MaxLines, cancellationToken);
        if (progress.Ended.Count > 0)
            await collector.CollectAsync(batch, progress.Ended, cancellationToken);
        var input = await batches.FindBatchFileAsync(batch.InputFile, cancellationToken);
        if (input is not null && batch.Cursor.Bytes < input.Bytes)
        {
            var room = BatchFeeder.MaxOpen - progress.Open - progress.Ended.Count;
            try
            {
                return await feeder.FeedAsync(batch, input, room, cancellationToken) || progress.Ended.Count == BatchCollector.MaxLines;
            }
            catch (StoreException exception) when (exception.IsDamage)
            {
                // What was read before goes on.
                return progress is { Open: 0, Ended.Count: 0 } && await GiveUpRestAsync(batch, input, cancellationToken);
            }
        }
        // The lines that end within a moment are collected together, but nothing is waited for behind the last of them.
        if (progress.Ended.Count > 0 || progress.Open > 0)
            return progress.Open == 0 || progress.Ended.Count == BatchCollector.MaxLines;
        return await batches.AdvanceBatchAsync(batch.Id, new(BatchStatus.InProgress, BatchStatus.Finalizing), cancellationToken);
    }

    private async Task<bool> EndAsync(Batch batch, CancellationToken cancellationToken)
    {
        var progress = await batches.ReadProgressAsync(batch, BatchCollector.MaxLines, cancellationToken);
        if (progress.Ended.Count > 0)
            return await collector.CollectAsync(batch, progress.Ended, cancellationToken);
        if (progress.Open > 0 && batch.Outcome is not null)
            return await CancelPromptsAsync(batch, cancellationToken);
        if (progress.Open > 0)
            return false;
        // Lines of OpenAI's batches that were not checked before the cancel may be anything. Message batches are checked as they come in.
        if (batch is { Outcome: { } outcome } and ({ InProgressAt: not null } or { Api: BatchApi.Anthropic })
            && await batches.FindBatchFileAsync(batch.InputFile, cancellationToken) is { } input && batch.Cursor.Bytes < input.Bytes)
            try
            {
                return await SkipAsync(batch, input, outcome, cancellationToken);
            }
            catch (StoreException exception) when (exception.IsDamage)
            {
                return await GiveUpRestAsync(batch, input, cancellationToken);
            }
        return await batches.AdvanceBatchAsync(batch.Id, new(batch.Status, batch.Outcome ?? BatchStatus.Completed), cancellationToken);
    }

    private async Task<bool> CancelPromptsAsync(Batch batch, CancellationToken cancellationToken)
    {
        var prompts = await batches.ListOpenPromptsAsync(batch, CancelledAtOnce, cancellationToken);
        await Task.WhenAll(prompts.Select(prompt => queue.CancelAsync(prompt, cancellationToken)));
        return prompts.Count > 0;
    }

    private async Task<bool> SkipAsync(Batch batch, StoredFile input, BatchStatus outcome, CancellationToken cancellationToken)
    {
        var format = BatchFormat.Of(batch.Api);
        var content = await files.OpenFileAsync(input, batch.Cursor.Bytes, cancellationToken);
        var (lines, next) = (new List<string>(), new BatchCursor(input.Bytes, batch.Cursor.Lines));
        await foreach (var line in new InputLines(options.MaxBodyBytes).ReadAsync(content, batch.Cursor, cancellationToken))
        {
            lines.Add(format.Read(line.Bytes, batch.Endpoint).CustomId);
            if (lines.Count < SkippedAtOnce && line.End - batch.Cursor.Bytes < MaxSkippedBytes)
                continue;
            next = new(line.End, line.Number);
            break;
        }
        var fault = outcome == BatchStatus.Expired ? LineFault.Expired : LineFault.Cancelled;
        return lines.Count > 0 ? await collector.SkipAsync(batch, lines, next, fault, cancellationToken)
            : await batches.CollectAsync(batch, new([], default) { Next = next }, cancellationToken);
    }

    /// <summary>Counts the lines as failed that cannot be read any more. Nobody knows their custom ids, so they are in no file.</summary>
    private Task<bool> GiveUpRestAsync(Batch batch, StoredFile input, CancellationToken cancellationToken)
    {
        var (total, completed, failed, cancelled, expired, _, _) = batch.Counts;
        return batches.CollectAsync(batch, new([], new(0, 0, total - completed - failed - cancelled - expired, 0, 0, 0, 0))
        {
            Next = new(input.Bytes, batch.Cursor.Lines),
        }, cancellationToken);
    }
}
