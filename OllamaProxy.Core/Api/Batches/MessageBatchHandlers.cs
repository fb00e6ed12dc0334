using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Files;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;
using OllamaProxy.Batching;
using OllamaProxy.Configuration;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Api.Batches;

/// <summary>Anthropic's message batches: https://docs.anthropic.com/en/api/creating-message-batches</summary>
public sealed class MessageBatchHandlers(
    IBatchStore batches, IFileStore files, BatchQueue queue, RequestBody bodies, OllamaProxyOptions options)
{
    private const int DefaultListed = 20;
    private const int MaxListed = 1000;

    /// <summary>How long Anthropic keeps results.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(29);

    /// <summary>Makes a message batch: 200, 400, 403, 413 or 503.</summary>
    public async Task<IResult> CreateAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.Anthropic);
        var (caller, cancellationToken) = (context.Caller(), context.RequestAborted);
        using var body = await bodies.ReadAsync(context);
        using var content = files.BeginContent();
        var total = await MessageBatchReader.ReadAsync(context, body, content);
        try
        {
            // Until it is the batch's, it is a file that expires.
            var input = await files.AddFileAsync(
                new("requests.jsonl", "message_batch") { Owner = caller.Owner, ExpiresAfter = TimeSpan.FromHours(1) },
                await content.CompleteAsync(cancellationToken), options.MaxFileBytesPerOwner, cancellationToken);
            var batch = await queue.CreateAsync(caller, id => Describe(id, input.Id, total), cancellationToken);
            return Show(batch!);
        }
        catch (FileQuotaException exception)
        {
            return ApiError.Of(context, StatusCodes.Status413PayloadTooLarge, exception.Message);
        }
    }

    /// <summary>A part of the list of message batches, newest first: 200, 400 or 404.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.Anthropic);
        var query = new BatchQuery(BatchApi.Anthropic, CursorQuery.Limit(context.Request, DefaultListed, MaxListed))
        {
            Owner = context.Caller().OnlyOwner,
        };
        if ((CursorQuery.Text(context.Request, "before_id") ?? CursorQuery.Text(context.Request, "after_id")) is { } cursor)
        {
            if (await FindAsync(context, PrefixedId.Parse(MessageBatchResource.Prefix, cursor)) is not { } batch)
                return Unknown(context, cursor);
            query = CursorQuery.Text(context.Request, "before_id") is null
                ? query with { After = batch.Seq } : query with { Before = batch.Seq };
        }
        var page = await batches.ListBatchesAsync(query, context.RequestAborted);
        return JsonResult.Of(MessageBatchListResource.Of(page), ApiJson.Relaxed.MessageBatchListResource);
    }

    /// <summary>A message batch: 200 or 404.</summary>
    public Task<IResult> BatchAsync(HttpContext context) => WithBatchAsync(context, batch => Task.FromResult(Show(batch)));

    /// <summary>Cancels a message batch: 200, 404, or 400 where it has ended.</summary>
    public Task<IResult> CancelAsync(HttpContext context) => WithBatchAsync(context, async batch =>
        await queue.CancelAsync(batch, context.RequestAborted) is { } cancelled ? Show(cancelled)
            : ApiError.Of(context, StatusCodes.Status400BadRequest, "The batch has ended, and cannot be canceled."));

    /// <summary>Deletes a message batch with its results: 200, 404, or 400 where it has not ended.</summary>
    public Task<IResult> DeleteAsync(HttpContext context) => WithBatchAsync(context, async batch =>
        !batch.Status.HasEnded() ? NotEnded(context)
            : await batches.DeleteBatchAsync(batch.Id, context.RequestAborted)
                ? JsonResult.Of(new(PrefixedId.Of(MessageBatchResource.Prefix, batch.Id)), ApiJson.Relaxed.DeletedMessageBatchResource)
                : Unknown(context, RouteId.Text(context)));

    /// <summary>What came of the requests, a line for each: 200, 404, or 400 where it has not ended.</summary>
    public Task<IResult> ResultsAsync(HttpContext context) => WithBatchAsync(context, async batch =>
    {
        if (!batch.Status.HasEnded())
            return NotEnded(context);
        return batch.OutputFile is { } output && await batches.FindBatchFileAsync(output, context.RequestAborted) is { } file
            ? new FileContentResult(file, await files.OpenFileAsync(file, 0, context.RequestAborted))
            : ApiError.Of(context, StatusCodes.Status404NotFound, "The results of the batch are not there any more.");
    });

    private static NewBatch Describe(Guid id, Guid input, long total) =>
        new(id, BatchApi.Anthropic, ApiRoute.Messages.Path, input, TimeSpan.FromHours(24)) { Total = total, OutputLifetime = Lifetime };

    private async Task<IResult> WithBatchAsync(HttpContext context, Func<Batch, Task<IResult>> answer)
    {
        ApiError.Use(context, Dialect.Anthropic);
        return await FindAsync(context, PrefixedId.InRoute(context, MessageBatchResource.Prefix)) is { } batch
            ? await answer(batch) : Unknown(context, RouteId.Text(context));
    }

    private async Task<Batch?> FindAsync(HttpContext context, Guid? id) =>
        id is { } known && await batches.FindBatchAsync(known, context.RequestAborted) is { Api: BatchApi.Anthropic } batch
            && context.Caller().SeesWhatIsOf(batch.Owner) ? batch : null;

    private static IResult Show(Batch batch) => JsonResult.Of(MessageBatchResource.Of(batch), ApiJson.Relaxed.MessageBatchResource);

    private static IResult NotEnded(HttpContext context) => ApiError.Of(
        context, StatusCodes.Status400BadRequest, "The batch has not ended; wait for that, or cancel it.");

    private static IResult Unknown(HttpContext context, string? id) =>
        ApiError.Of(context, StatusCodes.Status404NotFound, $"There is no message batch with the id '{id}'.");
}
