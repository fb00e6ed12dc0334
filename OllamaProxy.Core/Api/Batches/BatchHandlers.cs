using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;
using OllamaProxy.Batching;
using OllamaProxy.Callbacks;
using OllamaProxy.Files;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Deliveries;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Api.Batches;

/// <summary>OpenAI's batches: https://platform.openai.com/docs/api-reference/batch</summary>
public sealed class BatchHandlers(
    IBatchStore batches, IFileStore files, IDeliveryStore deliveries, BatchQueue queue, RequestBody bodies, CallbackReader callbacks)
{
    /// <summary>The longest input, as OpenAI has it.</summary>
    private const long MaxInputBytes = 200L * 1024 * 1024;

    private const int DefaultListed = 20;
    private const int MaxListed = 100;

    /// <summary>Makes a batch: 200, 400, 404 or 503.</summary>
    public async Task<IResult> CreateAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.OpenAI);
        using var body = await bodies.ReadAsync(context);
        var (inputId, describe) = NewBatchReader.Read(body.Bytes, callbacks);
        if (await FindInputAsync(context, inputId) is not { } input)
            return UnknownFile(context, inputId);
        var batch = await queue.CreateAsync(context.Caller(), id => describe(id, input.Id), context.RequestAborted);
        return batch is null ? UnknownFile(context, inputId) : Show(batch);
    }

    /// <summary>A part of the list of batches, newest first: 200, 400 or 404.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.OpenAI);
        var query = new BatchQuery(BatchApi.OpenAI, CursorQuery.Limit(context.Request, DefaultListed, MaxListed))
        {
            Owner = context.Caller().OnlyOwner,
        };
        if (CursorQuery.Text(context.Request, "after") is { } after)
        {
            if (await FindAsync(context, PrefixedId.Parse(OpenAIBatchResource.Prefix, after)) is not { } batch)
                return Unknown(context, after);
            query = query with { After = batch.Seq };
        }
        var page = await batches.ListBatchesAsync(query, context.RequestAborted);
        return JsonResult.Of(BatchListResource.Of(page), ApiJson.Relaxed.BatchListResource);
    }

    /// <summary>A batch, with the events that its client is told of: 200 or 404.</summary>
    public Task<IResult> BatchAsync(HttpContext context) => WithBatchAsync(context, async batch =>
        Show(batch, batch.Callback is null ? [] : await deliveries.ListDeliveriesAsync(batch, context.RequestAborted)));

    /// <summary>Cancels a batch: 200, 404, or 409 where it has ended.</summary>
    public Task<IResult> CancelAsync(HttpContext context) => WithBatchAsync(context, async batch =>
        await queue.CancelAsync(batch, context.RequestAborted) is { } cancelled ? Show(cancelled)
            : ApiError.Of(context, StatusCodes.Status409Conflict,
                $"The batch is {batch.Status.Name()}; only one that is not done can be cancelled."));

    private async Task<StoredFile?> FindInputAsync(HttpContext context, string id)
    {
        if (PrefixedId.Parse(PrefixedId.File, id) is not { } uuid || await files.FindFileAsync(uuid, context.RequestAborted) is not { } file
            || !context.Caller().SeesWhatIsOf(file.Owner))
            return null;
        if (file.Purpose != "batch")
            throw Problems.BadRequest($"The file '{id}' has the purpose '{file.Purpose}'; the input of a batch needs 'batch'.");
        return file.Bytes <= MaxInputBytes ? file
            : throw Problems.BadRequest(
                $"The file '{id}' has more than {MaxInputBytes} bytes, the most that the input of a batch may have.");
    }

    private async Task<IResult> WithBatchAsync(HttpContext context, Func<Batch, Task<IResult>> answer)
    {
        ApiError.Use(context, Dialect.OpenAI);
        return await FindAsync(context, PrefixedId.InRoute(context, OpenAIBatchResource.Prefix)) is { } batch
            ? await answer(batch) : Unknown(context, RouteId.Text(context));
    }

    private async Task<Batch?> FindAsync(HttpContext context, Guid? id) =>
        id is { } known && await batches.FindBatchAsync(known, context.RequestAborted) is { Api: BatchApi.OpenAI } batch
            && context.Caller().SeesWhatIsOf(batch.Owner) ? batch : null;

    private static IResult Show(Batch batch, params IReadOnlyList<Delivery> told) => JsonResult.Of(
        OpenAIBatchResource.Of(batch) with { Callbacks = CallbackResource.Of(told) }, ApiJson.Relaxed.OpenAIBatchResource);

    private static IResult Unknown(HttpContext context, string? id) =>
        ApiError.Of(context, StatusCodes.Status404NotFound, $"There is no batch with the id '{id}'.");

    private static IResult UnknownFile(HttpContext context, string id) =>
        ApiError.Of(context, StatusCodes.Status404NotFound, $"There is no file with the id '{id}'.");
}
