using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>An error as OpenAI tells it.</summary>
internal static class OpenAIError
{
    public static void Write(Utf8JsonWriter json, int status, string error) => Of(status, error).WriteTo(json);

    public static JsonObject Of(int status, string error) => new()
    {
        ["error"] = new JsonObject { ["message"] = error, ["type"] = TypeOf(status), ["param"] = null, ["code"] = null },
    };

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_request_error",
        StatusCodes.Status404NotFound => "not_found_error",
        _ => "api_error",
    };
}
