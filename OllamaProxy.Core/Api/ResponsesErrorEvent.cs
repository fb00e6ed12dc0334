using System.Text.Json.Serialization;

namespace OllamaProxy.Api;

/// <summary>
/// An error amid the events of <c>/v1/responses</c>: https://platform.openai.com/docs/api-reference/responses-streaming/error
/// </summary>
/// <param name="Message">In words.</param>
/// <param name="SequenceNumber">How many events came before.</param>
/// <param name="Param">Which field is wrong: none is.</param>
public sealed record ResponsesErrorEvent(
    string Message,
    int SequenceNumber,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param = null)
{
    /// <summary>Always the same.</summary>
    public string Type { get; } = "error";

    /// <summary>Of which kind it is: always the same.</summary>
    public string Code { get; } = "server_error";
}
