using System.Text.Json;

namespace OllamaProxy.Simulator;

/// <summary>What Ollama tells about itself and its models.</summary>
internal sealed class ModelEndpoints(ModelCatalog models)
{
    public static Task VersionAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json =>
        {
            json.WriteStartObject();
            json.WriteString("version", "0.33.0-simulator");
            json.WriteEndObject();
        },
        context.RequestAborted);

    public Task TagsAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(json, models.Names, name => ModelJson.WriteTag(json, name, models.ModifiedAt)),
        context.RequestAborted);

    public Task RunningAsync(HttpContext context) => JsonReply.WriteAsync(
        context.Response,
        json => ModelJson.WriteList(json, models.Loaded, model => ModelJson.WriteLoaded(json, model.Key, model.Value)),
        context.RequestAborted);

    public async Task ShowAsync(HttpContext context)
    {
        var ct = context.RequestAborted;
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, ct);
            var name = GoJson.Read(body.Span, ReadName);
            if (!models.Has(name)) throw OllamaException.ModelNotFound(ModelCatalog.FullName(name));
            await JsonReply.WriteAsync(context.Response, json => ModelJson.WriteShow(json, name, models.ModifiedAt), ct);
        }
        catch (OllamaException exception)
        {
            await JsonReply.ErrorAsync(context.Response, exception.Status, exception.Message, ct);
        }
    }

    private static string ReadName(JsonElement root)
    {
        var fields = new GoObject(root, "ShowRequest");
        return (fields.Text("model"), fields.Text("name")) switch
        {
            ("", "") => throw OllamaException.BadRequest("model is required"),
            ("", var oldField) => oldField,
            var (model, _) => model,
        };
    }
}
