using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>One of the APIs that a model answers through.</summary>
/// <param name="Family">How it tells errors.</param>
/// <param name="Read">Reads the body of a request; throws <see cref="OllamaException"/> if it is none.</param>
internal sealed record AnswerApi(ApiFamily Family, Func<JsonElement, GenerationRequest> Read);
