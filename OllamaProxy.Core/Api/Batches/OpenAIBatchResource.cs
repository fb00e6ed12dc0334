using OllamaProxy.Api.Callbacks;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;

namespace OllamaProxy.Api.Batches;

/// <summary>A batch, as OpenAI shows it. Times are in seconds since 1970.</summary>
internal sealed record OpenAIBatchResource
{
    public const string Prefix = "batch_";

    public required string Id { get; init; }

    public string Object { get; } = "batch";

    public required string Endpoint { get; init; }

    public string? Model { get; init; }

    public BatchErrorsResource? Errors { get; init; }

    public required string InputFileId { get; init; }

    public string CompletionWindow { get; } = "24h";

    public required string Status { get; init; }

    public string? OutputFileId { get; init; }

    public string? ErrorFileId { get; init; }

    public required long CreatedAt { get; init; }

    public long? InProgressAt { get; init; }

    public required long ExpiresAt { get; init; }

    public long? FinalizingAt { get; init; }

    public long? CompletedAt { get; init; }

    public long? FailedAt { get; init; }

    public long? ExpiredAt { get; init; }

    public long? CancellingAt { get; init; }

    public long? CancelledAt { get; init; }

    public required RequestCountsResource RequestCounts { get; init; }

    public required BatchUsageResource Usage { get; init; }

    public RawJson? Metadata { get; init; }

    public string? CallbackUrl { get; init; }

    public IReadOnlyList<string>? CallbackEvents { get; init; }

    public IReadOnlyList<CallbackResource>? Callbacks { get; init; }

    public static OpenAIBatchResource Of(Batch batch)
    {
        var hasEnded = batch.Status.HasEnded();
        return new()
        {
            Id = PrefixedId.Of(Prefix, batch.Id),
            Endpoint = batch.Endpoint,
            Model = batch.Model,
            Errors = batch.Errors is { } errors ? new(RawJson.Of(errors)) : null,
            InputFileId = PrefixedId.Of(PrefixedId.File, batch.InputFile),
            Status = batch.Status.Name(),
            // Until then they are not whole.
            OutputFileId = hasEnded && batch.OutputFile is { } output ? PrefixedId.Of(PrefixedId.File, output) : null,
            ErrorFileId = hasEnded && batch.ErrorFile is { } error ? PrefixedId.Of(PrefixedId.File, error) : null,
            CreatedAt = batch.CreatedAt.ToUnixTimeSeconds(),
            InProgressAt = batch.InProgressAt?.ToUnixTimeSeconds(),
            ExpiresAt = batch.ExpiresAt.ToUnixTimeSeconds(),
            FinalizingAt = batch.FinalizingAt?.ToUnixTimeSeconds(),
            CompletedAt = EndOf(BatchStatus.Completed),
            FailedAt = EndOf(BatchStatus.Failed),
            ExpiredAt = EndOf(BatchStatus.Expired),
            CancellingAt = batch.CancellingAt?.ToUnixTimeSeconds(),
            CancelledAt = EndOf(BatchStatus.Cancelled),
            RequestCounts = RequestCountsResource.Of(batch.Counts),
            Usage = BatchUsageResource.Of(batch.Counts),
            Metadata = batch.Metadata is { } metadata ? RawJson.Of(metadata) : null,
            CallbackUrl = batch.Callback?.Url,
            CallbackEvents = batch.Callback?.EventTypes,
        };

        long? EndOf(BatchStatus status) => batch.Status == status ? batch.EndedAt?.ToUnixTimeSeconds() : null;
    }
}

/// <summary>How many requests a batch has, and how many are in its files.</summary>
/// <param name="Total">All.</param>
/// <param name="Completed">Those with a good answer.</param>
/// <param name="Failed">All others.</param>
internal sealed record RequestCountsResource(long Total, long Completed, long Failed)
{
    public static RequestCountsResource Of(BatchCounts counts) =>
        new(counts.Total, counts.Completed, counts.Failed + counts.Cancelled + counts.Expired);
}

/// <summary>The tokens of the requests that are in the files of a batch. Ollama tells neither of its details.</summary>
internal sealed record BatchUsageResource(
    long InputTokens, CachedTokensResource InputTokensDetails, long OutputTokens, ReasoningTokensResource OutputTokensDetails,
    long TotalTokens)
{
    public static BatchUsageResource Of(BatchCounts counts) =>
        new(counts.InputTokens, new(0), counts.OutputTokens, new(0), counts.InputTokens + counts.OutputTokens);
}

internal sealed record CachedTokensResource(long CachedTokens);

internal sealed record ReasoningTokensResource(long ReasoningTokens);

/// <summary>What is wrong with the input of a batch.</summary>
/// <param name="Data">The mistakes.</param>
internal sealed record BatchErrorsResource(RawJson Data)
{
    public string Object { get; } = "list";
}

/// <summary>A part of the list of batches.</summary>
/// <param name="Data">The batches, newest first.</param>
/// <param name="FirstId">The id of the first of them.</param>
/// <param name="LastId">The id of the last: behind it the next part begins.</param>
/// <param name="HasMore">Whether there is one.</param>
internal sealed record BatchListResource(IReadOnlyList<OpenAIBatchResource> Data, string? FirstId, string? LastId, bool HasMore)
{
    public string Object { get; } = "list";

    public static BatchListResource Of(BatchPage page)
    {
        OpenAIBatchResource[] batches = [.. page.Batches.Select(OpenAIBatchResource.Of)];
        return new(batches, batches.FirstOrDefault()?.Id, batches.LastOrDefault()?.Id, page.HasMore);
    }
}
