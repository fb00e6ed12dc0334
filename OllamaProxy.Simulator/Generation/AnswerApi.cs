using System.Text.Json;
using OllamaProxy.Simulator.Http;

namespace OllamaProxy.Simulator.Generation;

/// <summary>An API by which a model is called.</summary>
/// <param name="Family">The family, for the format of errors.</param>
/// <param name="Read">Parses the body of a request, or throws an <see cref="OllamaException"/>.</param>
internal sealed record AnswerApi(ApiFamily Family, Func<JsonElement, GenerationRequest> Read);
