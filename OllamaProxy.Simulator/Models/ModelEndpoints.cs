using System.Text.Json;

namespace OllamaProxy.Simulator.Models;

/// <summary>What Ollama tells about itself and its models.</summary>
internal sealed class ModelEndpoints(SimulatorOptions options, ModelCatalog models, LoadedModels loaded)
{
    public Task VersionAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json =>
        {
            json.WriteStartObject();
            json.WriteString("version", options.Version);
            json.WriteEndObject();
        },
        context.RequestAborted);

    public Task TagsAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(json, models.All, model => ModelJson.WriteTag(json, model)),
        context.RequestAborted);

    public Task RunningAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(json, loaded.All, model => ModelJson.WriteLoaded(json, model.Name, model.ExpiresAt)),
        context.RequestAborted);

    public async Task ShowAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, ct);
            var name = GoJson.Read(body.Span, ReadName);
            var model = models.Find(name) ?? throw OllamaException.ModelNotFound(ModelCatalog.FullName(name));
            await JsonReply.WriteAsync(context.Response, json => ModelJson.WriteShow(json, model), ct);
        }
        catch (OllamaException exception)
        {
            await JsonReply.ErrorAsync(context.Response, exception.Status, exception.Message, ct);
        }
    }

    private static string ReadName(JsonElement root)
    {
        var fields = new GoObject(root, "api.ShowRequest");
        return (fields.Text("model"), fields.Text("name")) switch
        {
            ("", "") => throw OllamaException.BadRequest("model is required"),
            ("", var oldField) => oldField,
            var (model, _) => model,
        };
    }
}
