using OllamaProxy.Batches;

namespace OllamaProxy.Storage.Batches;

/// <summary>What both stores share to read batches.</summary>
internal static class BatchApiNames
{
    public static string Of(BatchApi api) => api == BatchApi.OpenAI ? "openai" : "anthropic";

    public static BatchApi Parse(string name) => name == "openai" ? BatchApi.OpenAI : BatchApi.Anthropic;

    /// <summary>The page of batches that were read in the direction of the query, one more than it asks for.</summary>
    public static BatchPage PageOf(List<Batch> batches, BatchQuery query)
    {
        var hasMore = batches.Count > query.Limit;
        var page = batches.Take(query.Limit);
        return new([.. query.Before is null ? page : page.Reverse()], hasMore);
    }
}
