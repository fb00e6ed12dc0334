using System.Text.Encodings.Web;
using System.Text.Json.Serialization;
using OllamaProxy.Api.Batches;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Calls;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Files;
using OllamaProxy.Api.Health;
using OllamaProxy.Api.Models;
using OllamaProxy.Api.Prompts;
using OllamaProxy.Api.Queue;
using OllamaProxy.Api.Stats;
using OllamaProxy.Api.Streams;

namespace OllamaProxy.Api;

/// <summary>The JSON that this program answers with.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SubmittedResource))]
[JsonSerializable(typeof(StatusResource))]
[JsonSerializable(typeof(PendingResource))]
[JsonSerializable(typeof(ListResource))]
[JsonSerializable(typeof(BatchResource))]
[JsonSerializable(typeof(SubmittedBatchResource))]
[JsonSerializable(typeof(TokenEvent))]
[JsonSerializable(typeof(ResetEvent))]
[JsonSerializable(typeof(CountsResource))]
[JsonSerializable(typeof(BackendEvent))]
[JsonSerializable(typeof(StatsResource))]
[JsonSerializable(typeof(QueueResource))]
[JsonSerializable(typeof(ModelsResource))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(UsageResource))]
[JsonSerializable(typeof(TrendResource))]
[JsonSerializable(typeof(TokenCountResource))]
[JsonSerializable(typeof(FileResource))]
[JsonSerializable(typeof(FileListResource))]
[JsonSerializable(typeof(DeletedFileResource))]
[JsonSerializable(typeof(OpenAIBatchResource))]
[JsonSerializable(typeof(BatchListResource))]
[JsonSerializable(typeof(MessageBatchResource))]
[JsonSerializable(typeof(MessageBatchListResource))]
[JsonSerializable(typeof(DeletedMessageBatchResource))]
[JsonSerializable(typeof(ReadinessResource))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Writes texts as they are, not as <c>\u00e9</c>: these answers are never part of a page.</summary>
    public static ApiJson Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
