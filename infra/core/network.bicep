@description('The name of the virtual network.')
param name string

param location string
param tags object

@description('The addresses of the network. They must not overlap with those of a network that it is peered with.')
param addressPrefix string

var appSubnetName = 'app'
var endpointSubnetName = 'private-endpoints'

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    // The subnets are declared here and not as resources of their own: else a second deployment would remove them first.
    subnets: [
      {
        name: appSubnetName
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          delegations: [
            {
              name: 'flex-consumption'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: endpointSubnetName
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          defaultOutboundAccess: false
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: appSubnetName
  }

  resource endpointSubnet 'subnets' existing = {
    name: endpointSubnetName
  }
}

output id string = network.id
output name string = network.name
output appSubnetId string = network::appSubnet.id
output endpointSubnetId string = network::endpointSubnet.id
