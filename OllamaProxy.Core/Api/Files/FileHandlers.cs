using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Callers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Configuration;
using OllamaProxy.Files;
using OllamaProxy.Protocol.Dialects;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Api.Files;

/// <summary>OpenAI's files: https://platform.openai.com/docs/api-reference/files</summary>
public sealed class FileHandlers(IFileStore files, FileUpload upload, OllamaProxyOptions options)
{
    private const int MaxListed = 10_000;

    /// <summary>Uploads a file: 200, 400, 408, 413 or 503.</summary>
    public async Task<IResult> UploadAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.OpenAI);
        var (form, content) = await upload.ReadAsync(context);
        var file = form.ToFile(context.Caller().Owner);
        try
        {
            return Show(await files.AddFileAsync(file, content!, options.MaxFileBytesPerOwner, context.RequestAborted));
        }
        catch (FileQuotaException exception)
        {
            return ApiError.Of(context, StatusCodes.Status413PayloadTooLarge, exception.Message);
        }
    }

    /// <summary>A part of the list of files, newest first unless the oldest are asked for: 200, 400 or 404.</summary>
    public async Task<IResult> ListAsync(HttpContext context)
    {
        ApiError.Use(context, Dialect.OpenAI);
        var query = new FileQuery(CursorQuery.Limit(context.Request, MaxListed, MaxListed))
        {
            Owner = context.Caller().OnlyOwner,
            Purpose = CursorQuery.Text(context.Request, "purpose"),
            IsAscending = CursorQuery.IsAscending(context.Request),
        };
        if (CursorQuery.Text(context.Request, "after") is { } after)
        {
            if (await FindAsync(context, PrefixedId.Parse(PrefixedId.File, after)) is not { } file)
                return Unknown(context, after);
            query = query with { After = file.Seq };
        }
        return JsonResult.Of(
            FileListResource.Of(await files.ListFilesAsync(query, context.RequestAborted)), ApiJson.Relaxed.FileListResource);
    }

    /// <summary>A file, without what is in it: 200 or 404.</summary>
    public Task<IResult> FileAsync(HttpContext context) => WithFileAsync(context, file => Task.FromResult(Show(file)));

    /// <summary>What is in a file, byte for byte: 200 or 404.</summary>
    public Task<IResult> ContentAsync(HttpContext context) => WithFileAsync(context, async file =>
        new FileContentResult(file, await files.OpenFileAsync(file, 0, context.RequestAborted)));

    /// <summary>Deletes a file: 200, 404, or 409 where a batch needs it.</summary>
    public Task<IResult> DeleteAsync(HttpContext context) => WithFileAsync(context, async file =>
        await files.DeleteFileAsync(file.Id, context.RequestAborted) switch
        {
            FileDeletion.Deleted => JsonResult.Of(new(PrefixedId.Of(PrefixedId.File, file.Id)), ApiJson.Relaxed.DeletedFileResource),
            FileDeletion.InUse => ApiError.Of(context, StatusCodes.Status409Conflict,
                "The file is the input of a batch that has not ended. Cancel the batch first."),
            _ => Unknown(context, RouteId.Text(context)),
        });

    private async Task<IResult> WithFileAsync(HttpContext context, Func<StoredFile, Task<IResult>> answer)
    {
        ApiError.Use(context, Dialect.OpenAI);
        return await FindAsync(context, PrefixedId.InRoute(context, PrefixedId.File)) is { } file
            ? await answer(file) : Unknown(context, RouteId.Text(context));
    }

    private async Task<StoredFile?> FindAsync(HttpContext context, Guid? id) =>
        id is { } known && await files.FindFileAsync(known, context.RequestAborted) is { } file && context.Caller().SeesWhatIsOf(file.Owner)
            ? file : null;

    private static IResult Show(StoredFile file) => JsonResult.Of(FileResource.Of(file), ApiJson.Relaxed.FileResource);

    private static IResult Unknown(HttpContext context, string? id) =>
        ApiError.Of(context, StatusCodes.Status404NotFound, $"There is no file with the id '{id}'.");
}
