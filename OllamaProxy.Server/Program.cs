using Microsoft.AspNetCore.Connections;
using OllamaProxy.Prompts;
using OllamaProxy.Server;
using OllamaProxy.Settings;

try
{
    await using var simulator = await Simulation.StartIfAskedAsync(args);
    await using var app = ServerApplication.Create(Simulation.WithoutSwitch(args), simulator?.BaseAddress);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (exception is InvalidSettingException or StoreException or IOException { InnerException: AddressInUseException })
{
    // What a user can mend is told in one line.
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
