using System.Text.Json.Nodes;
using OllamaProxy.Simulator.Http;
using OllamaProxy.Simulator.Models;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary><c>/v1/models</c>: the models in OpenAI's format.</summary>
internal sealed class OpenAIModels(ModelCatalog models)
{
    public Task ListAsync(HttpContext context)
    {
        var all = models.All.Select(model => ToJson(model.Name, model)).ToArray<JsonNode>();
        var list = new JsonObject { ["object"] = "list", ["data"] = all.Length > 0 ? new JsonArray(all) : null };
        return SendAsync(context, list);
    }

    public Task GetAsync(HttpContext context, string model) => models.Find(model) is { } found
        ? SendAsync(context, ToJson(model, found))
        : ApiFamily.OpenAI.ErrorAsync(
            context.Response, StatusCodes.Status404NotFound, $"model '{ModelCatalog.FullName(model)}' not found", context.RequestAborted);

    private static Task SendAsync(HttpContext context, JsonObject body) =>
        JsonReply.WriteAsync(context.Response, json => body.WriteTo(json), context.RequestAborted, JsonFraming.Encoder);

    private static JsonObject ToJson(string id, InstalledModel model) => new()
    {
        ["id"] = id,
        ["object"] = "model",
        ["created"] = model.ModifiedAt.ToUnixTimeSeconds(),
        ["owned_by"] = "library",
    };
}
