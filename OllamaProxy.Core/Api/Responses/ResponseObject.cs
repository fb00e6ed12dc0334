using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Calls;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Responses;

/// <summary>
/// A response as its clients see it: https://platform.openai.com/docs/api-reference/responses/object. Ollama's own is completed by what it
/// knows nothing of; before there is one, and where there is none, it is made of the request.
/// </summary>
internal static class ResponseObject
{
    /// <summary>The response before Ollama has ended it.</summary>
    /// <param name="record">The response.</param>
    /// <param name="status">Its status.</param>
    public static JsonObject Pending(ResponseRecord record, string status)
    {
        var request = record.Request;
        return Complete(record, new()
        {
            ["id"] = record.Id,
            ["object"] = "response",
            ["created_at"] = record.Prompt.CreatedAt.ToUnixTimeSeconds(),
            ["status"] = status,
            ["error"] = null,
            ["incomplete_details"] = null,
            ["instructions"] = Sent("instructions", null),
            ["max_output_tokens"] = Sent("max_output_tokens", null),
            ["model"] = Sent("model", ""),
            ["output"] = new JsonArray(),
            ["parallel_tool_calls"] = Sent("parallel_tool_calls", true),
            ["reasoning"] = Sent("reasoning", null),
            ["temperature"] = Sent("temperature", 1),
            ["text"] = Sent("text", new JsonObject { ["format"] = new JsonObject { ["type"] = "text" } }),
            ["tool_choice"] = Sent("tool_choice", "auto"),
            ["tools"] = Sent("tools", new JsonArray()),
            ["top_p"] = Sent("top_p", 1),
            ["truncation"] = Sent("truncation", "disabled"),
            ["usage"] = null,
        });

        JsonNode? Sent(string name, JsonNode? otherwise) => request[name]?.DeepClone() ?? otherwise;
    }

    /// <summary>The response as it has ended.</summary>
    /// <param name="record">The response.</param>
    /// <param name="answer">Ollama's answer; null: there is none that is good.</param>
    public static JsonObject Ended(ResponseRecord record, ReadOnlySpan<byte> answer)
    {
        var prompt = record.Prompt;
        switch (prompt.Status)
        {
            case PromptStatus.Completed when ResponseAnswer.Find(answer) is { } response:
                return Complete(record, response);
            case PromptStatus.Completed:
                // Ollama broke it off without a last event, and says no more of it.
                return Pending(record, "incomplete");
            case PromptStatus.Cancelled:
                return Pending(record, "cancelled");
            default:
                var failed = Pending(record, "failed");
                failed["error"] = new JsonObject
                {
                    ["code"] = CallOutcome.StatusOf(prompt) == StatusCodes.Status404NotFound ? "model_not_found" : "server_error",
                    ["message"] = CallOutcome.MessageOf(prompt),
                };
                return failed;
        }
    }

    /// <summary>Sets what Ollama does not know, or has wrong, since the call is kept here.</summary>
    public static JsonObject Complete(ResponseRecord record, JsonObject response)
    {
        response["id"] = record.Id;
        response["background"] = record.Call.IsBackground;
        response["store"] = record.Call.IsStored;
        response["previous_response_id"] = record.Call.PreviousId;
        response["metadata"] = record.Request["metadata"]?.DeepClone() ?? new JsonObject();
        return response;
    }
}
