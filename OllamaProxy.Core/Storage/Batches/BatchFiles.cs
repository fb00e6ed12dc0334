namespace OllamaProxy.Storage.Batches;

/// <summary>What the files that batches write are called, and what they are for.</summary>
internal static class BatchFiles
{
    public const string Purpose = "batch_output";

    public static string OutputName(Guid batch) => $"batch_{batch:N}_output.jsonl";

    public static string ErrorName(Guid batch) => $"batch_{batch:N}_error.jsonl";
}
