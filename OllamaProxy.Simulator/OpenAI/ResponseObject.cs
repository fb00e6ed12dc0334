using System.Text.Json;
using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Generation;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>The whole answer of <c>/v1/responses</c>, which a stream sends at its beginning and its end as well.</summary>
internal sealed class ResponseObject(string model, ResponseEcho echo, TimeProvider time) : IWholeFormat
{
    private readonly string _id = $"resp_{Random.Shared.Next(999_999)}";

    /// <summary>The id of the message in the response.</summary>
    public string MessageId { get; } = $"msg_{Random.Shared.Next(999_999)}";

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public void Write(Utf8JsonWriter json, AnswerPart answer)
    {
        var output = new JsonArray();
        if (answer.Thinking.Length > 0) output.Add((JsonNode)ResponseItem.Reasoning($"rs_{_id}", answer.Thinking));
        output.Add((JsonNode)(answer.ToolCall is { } call
            ? ResponseItem.FunctionCall($"fc_{_id}_0", "completed", call, call.Arguments)
            : ResponseItem.Message(MessageId, "completed", ResponseItem.Text(answer.Text))));
        ToJson(answer.DoneReason is null ? "in_progress" : "completed", output, Usage(answer.PromptTokens, answer.Tokens)).WriteTo(json);
    }

    /// <summary>The object in this state.</summary>
    public JsonObject ToJson(string status, JsonArray output, JsonObject? usage) => new()
    {
        ["id"] = _id,
        ["object"] = "response",
        ["created_at"] = Now,
        ["completed_at"] = status == "completed" ? Now : null,
        ["status"] = status,
        ["incomplete_details"] = null,
        ["model"] = model,
        ["previous_response_id"] = null,
        ["instructions"] = echo.Instructions?.DeepClone(),
        ["output"] = output,
        ["error"] = null,
        ["tools"] = echo.Tools.DeepClone(),
        ["tool_choice"] = "auto",
        ["truncation"] = echo.Truncation,
        ["parallel_tool_calls"] = true,
        ["text"] = new JsonObject { ["format"] = echo.Format.DeepClone() },
        ["top_p"] = echo.TopP,
        ["presence_penalty"] = 0,
        ["frequency_penalty"] = 0,
        ["top_logprobs"] = 0,
        ["temperature"] = echo.Temperature,
        ["reasoning"] = echo.Reasoning?.DeepClone(),
        ["usage"] = usage,
        ["max_output_tokens"] = echo.MaxOutputTokens,
        ["max_tool_calls"] = null,
        ["store"] = false,
        ["background"] = echo.Background,
        ["service_tier"] = "default",
        ["metadata"] = new JsonObject(),
        ["safety_identifier"] = null,
        ["prompt_cache_key"] = null,
    };

    public static JsonObject Usage(int promptTokens, int tokens) => new()
    {
        ["input_tokens"] = promptTokens,
        ["output_tokens"] = tokens,
        ["total_tokens"] = promptTokens + tokens,
        ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
        ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
    };
}
